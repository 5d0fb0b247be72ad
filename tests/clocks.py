"""A frozen clock for this process and for the database."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine
from django.utils import timezone

from cases.core import schedule


@contextmanager
def frozen_clock(moment: dt.datetime) -> Iterator[time_machine.Traveller]:
    """Set the clock to the aware datetime `moment`, also for the database, whose real clock cannot be moved from
    here."""
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(moment, tick=False) as traveller:
        patch.setattr("cases.core.clock._database_now", timezone.now)
        yield traveller


def portals_today() -> dt.date:
    """Return the present date in the portal's zone."""
    return schedule.date_of(timezone.now())
