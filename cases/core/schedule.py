"""Schedules: the only module that knows the portal's zone and RELEASE_TIME_OF_DAY.

A schedule is a date, and optionally a time, on the wall clock of the portal's zone. `cases.core.wall_clock` handles
daylight saving time.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from cases.core.wall_clock import WallClock
from portal.setting_types import MAX_DAYS

# A date further away is a typo, even from an administrator. No setting allows one.
FURTHEST_DAYS = MAX_DAYS


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a case will be released: a date, and a wall clock time or None for RELEASE_TIME_OF_DAY."""

    date: dt.date
    time: dt.time | None = None

    @property
    def instant(self) -> dt.datetime:
        """The aware datetime (UTC) at which the schedule is reached."""
        return instant(self.date, self.time)


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How many days ahead a release is: the fewest that technicians may choose, and the number used if no date is
    given."""

    least: int
    default: int


def date_of(moment: dt.datetime) -> dt.date:
    """Return the date that the portal's clock shows at the aware datetime `moment`."""
    return _local(moment).date()


def start_of(date: dt.date) -> dt.datetime:
    """Return the aware datetime (UTC) at which that day begins. The next may begin after 23 or 25 hours."""
    return instant(date, dt.time(0))


def portals_lead_time() -> LeadTime:
    """Return the lead time of the settings, for cases whose type has none of its own."""
    return LeadTime(settings.RELEASE_MIN_DAYS, settings.RELEASE_DEFAULT_DAYS)


def least_date(now: dt.datetime, lead: LeadTime | None = None) -> dt.date:
    """Return the first date that a technician may choose. `now` is the portal's moment (cases.core.clock), as below.

    `lead`: the lead time of a case, None for the portal's, as below.
    """
    return date_of(now) + dt.timedelta(days=(lead or portals_lead_time()).least)


def default_date(now: dt.datetime, lead: LeadTime | None = None) -> dt.date:
    """Return the date that is used if none is given."""
    return date_of(now) + dt.timedelta(days=(lead or portals_lead_time()).default)


def last_date(now: dt.datetime, lead: LeadTime | None = None) -> dt.date:
    """Return the last date that a technician may choose: never before the default date."""
    return date_of(now) + dt.timedelta(days=max(settings.RELEASE_MAX_DAYS, (lead or portals_lead_time()).default))


def furthest_date(now: dt.datetime) -> dt.date:
    """Return the last date that anyone may choose."""
    return date_of(now) + dt.timedelta(days=FURTHEST_DAYS)


def reached(now: dt.datetime) -> dt.datetime:
    """Return the latest (naive) time that the portal's wall clock has shown up to the aware datetime `now`."""
    return portals_clock().reached(now)


def instant(date: dt.date, time: dt.time | None) -> dt.datetime:
    """Return the aware datetime (UTC) at which the portal's clock reaches that schedule. The inverse of `reached`.

    OverflowError for the last day of the calendar (9999-12-31) west of Greenwich.
    """
    return portals_clock().instant(date, time)


def portals_clock() -> WallClock:
    """Return the clock of the settings."""
    return WallClock(timezone.get_default_timezone(), settings.RELEASE_TIME_OF_DAY)


def _local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(timezone.get_default_timezone())
