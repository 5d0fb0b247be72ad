"""A clock that stands still, for this process and for the database."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine
from django.utils import timezone

from cases.core import schedule


@contextmanager
def frozen_clock(moment: dt.datetime) -> Iterator[time_machine.Traveller]:
    """It is the aware datetime `moment`, for the database too, whose own clock nothing here can move."""
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(moment, tick=False) as traveller:
        patch.setattr("cases.core.clock._database_now", timezone.now)
        yield traveller


def portals_today() -> dt.date:
    """The present date in the portal's zone."""
    return schedule.date_of(timezone.now())
