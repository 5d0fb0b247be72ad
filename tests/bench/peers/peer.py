"""A peer: its parts, and how it works at an instant."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from tests.bench.peers.environments import version_of
from tests.bench.peers.rows import figures_of
from tests.bench.peers.running import Stage, watch

Command = tuple[str, ...]  # arguments of Python; {count} and {instant} (seconds since the epoch) are filled in
LONGEST = 180  # seconds after the instant


class TooSlowToSchedule(Exception):
    """The instant passed before everything was scheduled. A later one may work."""


class Unfinished(Exception):
    """The work was not finished LONGEST seconds after the instant."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A library that does the work.

    First `fill` runs to its end. Then the `workers` are started and left running once they say `ready`, those that are
    given the instant last. Then `schedule` runs to its end. These last and `schedule` have `lead` seconds plus
    `lead_each` seconds per case (or mail) until the instant. `variables` are environment variables.
    """

    name: str
    package: str
    environment: str
    distribution: str
    note: str
    fill: Command = ("-m", "tiny.fill", "{count}")
    workers: tuple[Command, ...]
    ready: str = "ready"
    schedule: Command = ()
    lead: float = 4
    lead_each: float = 0.0005
    sizes: tuple[int, ...] = (1_000, 10_000)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Return the version of the library."""
        return version_of(self.environment, self.distribution)

    def work(self, stage: Stage, count: int, done: Callable[[], int]) -> dict[str, float]:
        """Let it work and query `done` for its progress. Return the figures. TooSlowToSchedule or Unfinished."""
        stage.run("-m", "django", "migrate", "--run-syncdb", "--verbosity", "0")
        stage.run(*_filled(self.fill, count))
        bound = [worker for worker in self.workers if "{instant}" in worker]
        for worker in self.workers:
            if worker not in bound:
                stage.start(*worker, ready=self.ready)
        instant = time.time() + self.lead + count * self.lead_each
        for worker in bound:
            stage.start(*_filled(worker, count, instant), ready=self.ready)
        if self.schedule:
            stage.run(*_filled(self.schedule, count, instant))
        if time.time() > instant:
            raise TooSlowToSchedule(f"Scheduling took {time.time() - instant:.0f} s longer than planned.")
        samples = watch(done, count, instant, seconds=LONGEST)
        if samples[-1][1] < count:
            raise Unfinished(f"{samples[-1][1]:,} of {count:,} after {LONGEST} s.")
        return figures_of(samples, count)


P = TypeVar("P", bound=Peer)


def in_time(measure: Callable[[P], dict[str, Any]], peer: P) -> dict[str, Any]:
    """Return what `measure` returns. If the instant came too soon, try a later one."""
    try:
        return measure(peer)
    except TooSlowToSchedule:
        return measure(replace(peer, lead=2 * peer.lead, lead_each=4 * peer.lead_each))


def _filled(command: Command, count: int, instant: float = 0) -> list[str]:
    return [part.format(count=count, instant=instant) for part in command]
