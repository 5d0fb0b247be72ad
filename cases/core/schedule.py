"""The release calendar: the only place that knows the portal's zone and RELEASE_TIME_OF_DAY.

A schedule is a date and perhaps a time on the wall clock of the portal's zone. `cases.core.wall_clock` knows about DST.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from cases.core.wall_clock import WallClock

# Beyond this a date is a slip of the keyboard, whoever types it.
FURTHEST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a case is to be released: a calendar date, and a wall clock time or None for RELEASE_TIME_OF_DAY."""

    date: dt.date
    time: dt.time | None = None

    @property
    def instant(self) -> dt.datetime:
        """The aware datetime (UTC) at which it is reached."""
        return instant(self.date, self.time)


def date_of(moment: dt.datetime) -> dt.date:
    """The calendar date that the portal's clock shows at the aware datetime `moment`."""
    return _local(moment).date()


def start_of(date: dt.date) -> dt.datetime:
    """The aware datetime (UTC) at which that day begins. From it to the start of the next may be 23 or 25 hours."""
    return instant(date, dt.time(0))


def least_date(now: dt.datetime) -> dt.date:
    """The first date that a technician may choose. `now`, here and below, is the portal's moment (cases.core.clock)."""
    return date_of(now) + dt.timedelta(days=settings.RELEASE_MIN_DAYS)


def default_date(now: dt.datetime) -> dt.date:
    """The date that is chosen where none is given."""
    return date_of(now) + dt.timedelta(days=settings.RELEASE_DEFAULT_DAYS)


def last_date(now: dt.datetime) -> dt.date:
    """The last date that a technician may choose."""
    return date_of(now) + dt.timedelta(days=settings.RELEASE_MAX_DAYS)


def furthest_date(now: dt.datetime) -> dt.date:
    """The last date that anybody may choose."""
    return date_of(now) + dt.timedelta(days=FURTHEST_DAYS)


def reached(now: dt.datetime) -> dt.datetime:
    """The latest (naive) wall clock time that the portal's clock has shown up to the aware datetime `now`."""
    return portals_clock().reached(now)


def instant(date: dt.date, time: dt.time | None) -> dt.datetime:
    """The aware datetime (UTC) at which the portal's clock reaches that schedule. The inverse of `reached`.

    OverflowError for the last day of the calendar (9999-12-31) west of Greenwich.
    """
    return portals_clock().instant(date, time)


def portals_clock() -> WallClock:
    """The clock that the settings name."""
    return WallClock(timezone.get_default_timezone(), settings.RELEASE_TIME_OF_DAY)


def _local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(timezone.get_default_timezone())
