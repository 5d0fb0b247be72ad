"""How much load a run has, and when: waves fall due before, during and after the fault."""

import math
import random
from dataclasses import dataclass

from tests.chaos.registry import Fault

# Allowed on top of the sweep interval, for the sweep and the observer.
SLACK = 2.0


@dataclass(frozen=True)
class Scale:
    """How much load. Technicians complete `scheduled` of the cases during the run. The others are pending from the
    start.

    Times are in seconds: `lead` from the start to the fault, `tail` from its expected end to the last wave, `ahead`
    from a technician's click to the instant, `look_every` between two looks of a member.
    """

    cases: int
    members: int
    lookers: int
    scheduled: int
    sweep_interval: int
    lead: float
    tail: float
    ahead: float
    look_every: float


FULL = Scale(
    cases=2000,
    members=200,
    lookers=40,
    scheduled=500,
    sweep_interval=10,
    lead=8,
    tail=6,
    ahead=5,
    look_every=2,
)
SMALL = Scale(
    cases=200,
    members=40,
    lookers=8,
    scheduled=50,
    sweep_interval=2,
    lead=3,
    tail=3,
    ahead=2.5,
    look_every=1,
)


@dataclass(frozen=True)
class Plan:
    """When. Times are in seconds since the epoch, instants in whole seconds."""

    scale: Scale
    start: float
    begin: float
    last: float
    waves: tuple[int, ...]
    scheduled_until: float

    @classmethod
    def of(cls, scale: Scale, fault: Fault, *, start: float) -> "Plan":
        """Return the plan of `fault`, whose load begins at `start`."""
        begin = start + (scale.lead if fault.lead is None else fault.lead)
        first, last = begin - 2, begin + fault.window + scale.tail
        apart = (last - first) / (fault.waves - 1)
        return cls(
            scale=scale,
            start=start,
            begin=begin,
            last=last,
            waves=tuple(math.ceil(first + number * apart) for number in range(fault.waves)),
            scheduled_until=begin - 1 if fault.scheduled_before else last - scale.ahead - 1,
        )

    def instant(self, chance: random.Random, *, after: float) -> int:
        """Return an instant not before `after`: usually that of a wave, and one in ten its own."""
        waves = [wave for wave in self.waves if wave >= after]
        if waves and chance.random() >= 0.1:
            return chance.choice(waves)
        first = math.ceil(after)
        return chance.randint(first, max(first, math.ceil(self.last)))
