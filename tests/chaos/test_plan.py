"""The waves of every fault fall due before, during and after it."""

import random

import pytest

from tests.chaos.plan import FULL, SMALL, Plan, Scale
from tests.chaos.registry import Fault, all_faults

START = 1_000_000.25


@pytest.mark.parametrize("scale", [FULL, SMALL], ids=["full", "small"])
@pytest.mark.parametrize("fault", all_faults().values(), ids=lambda fault: fault.name)
def test_waves_before_in_and_after(fault: Fault, scale: Scale) -> None:
    plan = Plan.of(scale, fault, start=START)
    end = plan.begin + fault.window
    assert any(wave < plan.begin + 1 for wave in plan.waves)
    assert any(plan.begin < wave < end for wave in plan.waves)
    assert any(wave > end for wave in plan.waves)
    assert all(isinstance(wave, int) for wave in plan.waves), "instants are whole seconds"


@pytest.mark.parametrize("fault", all_faults().values(), ids=lambda fault: fault.name)
def test_what_technicians_choose_lies_ahead(fault: Fault) -> None:
    """Also for a technician who completes a case after the last wave."""
    plan = Plan.of(FULL, fault, start=START)
    chance = random.Random(1)
    for now in (plan.start, plan.scheduled_until, plan.last + 100):
        assert all(plan.instant(chance, after=now + plan.scale.ahead) >= now + plan.scale.ahead for _ in range(50))
