"""Days open for releases. Weekends, public holidays and blackout days are closed (docs/calendar.md)."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.public_holidays import holiday_name
from cases.core.text import isolated

# How far to look for the next open day. A calendar without one must be fixed, not searched.
SEARCH_DAYS = limits.DAYS
DAY = dt.timedelta(days=1)
SATURDAY = 5


class Why(StrEnum):
    """Why a day is closed."""

    BLACKOUT = "blackout"
    HOLIDAY = "holiday"
    WEEKEND = "weekend"


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day on which no release can be scheduled. `name` is its name for people."""

    date: dt.date
    why: Why
    name: str

    @property
    def is_weekend(self) -> bool:
        """Whether it is closed as every Saturday and Sunday is."""
        return self.why is Why.WEEKEND

    @property
    def sentence(self) -> str:
        """The message for people who choose it."""
        if self.is_weekend:
            return _("There are no releases on weekends.")
        words = _("There are no releases on %(date)s: %(name)s.")
        return words % {"date": date_format(self.date, "DAY_FORMAT"), "name": isolated(self.name)}


@dataclass(frozen=True, slots=True)
class ReleaseDays:
    """The calendar of releases. It knows the blackout days, by date, from `first` to `last`, and is valid for that
    range."""

    first: dt.date
    last: dt.date
    blackout_days: Mapping[dt.date, str]

    def closed(self, date: dt.date) -> ClosedDay | None:
        """Return why no release can be scheduled on `date`, or None if one can."""
        if name := self.blackout_days.get(date):
            return ClosedDay(date, Why.BLACKOUT, name)
        if name := holiday_name(date, region=settings.RELEASE_HOLIDAYS):
            return ClosedDay(date, Why.HOLIDAY, name)
        if date.weekday() >= SATURDAY and not settings.RELEASE_ON_WEEKENDS:
            return ClosedDay(date, Why.WEEKEND, _("Weekend"))
        return None

    def is_working_day(self, date: dt.date) -> bool:
        """Tell whether `date` is a working day: open, and not a weekend, even if weekends are open for releases."""
        return date.weekday() < SATURDAY and not self.closed(date)

    def closed_between(self, first: dt.date, last: dt.date) -> list[ClosedDay]:
        """Return the closed days from `first` to `last`, in their order."""
        return [day for date in _dates(first, last) if (day := self.closed(date))]

    def next_open(self, date: dt.date, *, last: dt.date | None = None) -> dt.date | None:
        """Return the first open day from `date` on. None if there is none up to `last`, or within SEARCH_DAYS."""
        end = min(filter(None, (last, date + SEARCH_DAYS * DAY, self.last)))
        return next((day for day in _dates(date, end) if not self.closed(day)), None)

    def nearest_open(self, wanted: dt.date, *, first: dt.date, last: dt.date) -> dt.date:
        """Return the next open day from `wanted` on, up to `last`, or else the one before it, from `first` on.

        If there is none, return `wanted`, which is refused when it is chosen.
        """
        later = self.next_open(wanted, last=last)
        return later or max((day for day in _dates(first, wanted) if not self.closed(day)), default=wanted)


def _dates(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + number * DAY for number in range((last - first).days + 1))
