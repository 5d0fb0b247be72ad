"""The promises of a load match its instants, also on days when clocks change."""

import datetime as dt
import random
from typing import Any

import pytest

from cases.core import schedule
from tests.chaos.load import wall_clock_reaching

SUMMER_BEGINS = dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC).timestamp()
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _in_berlin(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.mark.parametrize("instant", [SUMMER_BEGINS - 1, SUMMER_BEGINS + 1, SUMMER_BEGINS + 86400])
def test_a_wall_clock_time_is_that_which_is_shown(instant: float) -> None:
    wanted = wall_clock_reaching(instant, random.Random(1))
    assert wanted == dt.datetime.fromtimestamp(instant, schedule.timezone.get_default_timezone()).replace(tzinfo=None)


def test_when_the_clock_is_set_forward_it_is_one_that_is_skipped() -> None:
    chance = random.Random(1)
    wanted = {wall_clock_reaching(SUMMER_BEGINS, chance) for _ in range(20)}
    two, three = dt.datetime(2026, 3, 29, 2, 0), dt.datetime(2026, 3, 29, 3, 0)  # noqa: DTZ001 - wall clock times
    assert all(two <= one <= three for one in wanted)
    assert max(wanted) - min(wanted) > HOUR / 4
    assert {schedule.instant(one.date(), one.time()).timestamp() for one in wanted} == {SUMMER_BEGINS}
