"""The release calendar: the only place that knows the portal's zone, RELEASE_TIME_OF_DAY and DST.

A schedule is a date and perhaps a time on the wall clock of the portal's zone. Due compares wall clock with wall clock
(DESIGN §4): a time that occurs twice is due at its first occurrence, one that the clock jumps over when it has jumped.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.utils import timezone

SECOND = dt.timedelta(seconds=1)
# Beyond this a date is a slip of the keyboard, whoever types it.
FURTHEST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a case is to be released: a calendar date, and a wall clock time or None for RELEASE_TIME_OF_DAY."""

    date: dt.date
    time: dt.time | None = None

    @classmethod
    def default(cls) -> Self:
        """The schedule for "schedule" without a date."""
        return cls(date=default_date())

    @property
    def instant(self) -> dt.datetime:
        """The aware datetime (UTC) at which it is reached."""
        return instant(self.date, self.time)


def today() -> dt.date:
    """The present calendar date in the portal's zone."""
    return date_of(timezone.now())


def date_of(moment: dt.datetime) -> dt.date:
    """The calendar date that the portal's clock shows at the aware datetime `moment`."""
    return _local(moment).date()


def start_of(date: dt.date) -> dt.datetime:
    """The aware datetime (UTC) at which that day begins. From it to the start of the next may be 23 or 25 hours."""
    return instant(date, dt.time(0))


def least_date() -> dt.date:
    """The first date that a technician may choose."""
    return today() + dt.timedelta(days=settings.RELEASE_MIN_DAYS)


def default_date() -> dt.date:
    """The date that is chosen where none is given."""
    return today() + dt.timedelta(days=settings.RELEASE_DEFAULT_DAYS)


def last_date() -> dt.date:
    """The last date that a technician may choose."""
    return today() + dt.timedelta(days=settings.RELEASE_MAX_DAYS)


def furthest_date() -> dt.date:
    """The last date that anybody may choose."""
    return today() + dt.timedelta(days=FURTHEST_DAYS)


def reached(now: dt.datetime) -> dt.datetime:
    """The latest (naive) wall clock time that the portal's clock has shown up to the aware datetime `now`.

    That is the time it shows, but while it repeats an hour: then all of that hour has been shown before.
    """
    local = now.astimezone(timezone.get_default_timezone())
    if not local.fold:
        return local.replace(tzinfo=None)
    first_pass = local.replace(fold=0).utcoffset() or dt.timedelta()
    second_pass = local.utcoffset() or dt.timedelta()
    moment = now.astimezone(dt.UTC)
    set_back = _first(moment - (first_pass - second_pass), moment, lambda at: _local(at).utcoffset() == second_pass)
    return (set_back + first_pass).replace(tzinfo=None) - dt.timedelta(microseconds=1)


def instant(date: dt.date, time: dt.time | None) -> dt.datetime:
    """The aware datetime (UTC) at which the portal's clock reaches that schedule. The inverse of `reached`.

    OverflowError for the last day of the calendar (9999-12-31) west of Greenwich.
    """
    wanted = dt.datetime.combine(date, time or settings.RELEASE_TIME_OF_DAY)
    zone = timezone.get_default_timezone()
    by_earlier_offset = wanted.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    if _local(by_earlier_offset).replace(tzinfo=None) == wanted:
        return by_earlier_offset
    by_later_offset = wanted.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    return _first(by_later_offset, by_earlier_offset, lambda at: _local(at).replace(tzinfo=None) >= wanted)


def _local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(timezone.get_default_timezone())


def _first(low: dt.datetime, high: dt.datetime, holds: Callable[[dt.datetime], bool]) -> dt.datetime:
    """The first whole second in (`low`, `high`] at which `holds`, which stays true from then on. Clocks are changed
    at whole seconds."""
    low = low.replace(microsecond=0)
    seconds = int((high - low) / SECOND)
    below, above = 0, seconds
    while above - below > 1:
        middle = (below + above) // 2
        if holds(low + middle * SECOND):
            above = middle
        else:
            below = middle
    return low + above * SECOND
