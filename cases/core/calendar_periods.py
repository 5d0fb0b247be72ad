"""The periods that the calendar shows: a month in whole weeks, a week, a day. Plain dates without a time zone."""

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from django.utils.formats import date_format
from django.utils.translation import gettext as _

# Weeks start on Monday.
WEEKS = calendar.Calendar(firstweekday=calendar.MONDAY)
DAY = dt.timedelta(days=1)
# Schedules are within these dates (constraint case_schedule_within_calendar), and so are the pages of the calendar.
FIRST_DATE = dt.date(1900, 1, 1)
LAST_DATE = dt.date(8999, 12, 31)
AFTER_LAST_DATE = LAST_DATE + DAY


class CalendarView(StrEnum):
    """How much of the calendar a page shows."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Period:
    """The month, week or day around `date`, which is between FIRST_DATE and LAST_DATE."""

    view: CalendarView
    date: dt.date

    @property
    def first(self) -> dt.date:
        """The first day of the period. A month's page shows earlier days too."""
        match self.view:
            case CalendarView.MONTH:
                return self.date.replace(day=1)
            case CalendarView.WEEK:
                return self.date - self.date.weekday() * DAY
            case CalendarView.DAY:
                return self.date

    @property
    def last(self) -> dt.date:
        """The last day of the period."""
        match self.view:
            case CalendarView.MONTH:
                return self.date.replace(day=calendar.monthrange(self.date.year, self.date.month)[1])
            case CalendarView.WEEK:
                return self.first + 6 * DAY
            case CalendarView.DAY:
                return self.date

    @property
    def days(self) -> list[dt.date]:
        """Every day that the page shows. For a month these are whole weeks, 28 to 42 days."""
        if self.view is CalendarView.MONTH:
            return list(WEEKS.itermonthdates(self.date.year, self.date.month))
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]

    @property
    def previous(self) -> Self | None:
        """The period before, or None at the beginning of the calendar."""
        return self.around(self.first - DAY) if self.first > FIRST_DATE else None

    @property
    def next(self) -> Self | None:
        """The period after, or None at the end of the calendar."""
        return self.around(self.last + DAY) if self.last < LAST_DATE else None

    def around(self, date: dt.date) -> Self:
        """Return the period of the same kind around `date`."""
        return type(self)(self.view, date)

    def __contains__(self, date: dt.date) -> bool:
        return self.first <= date <= self.last


def days_text(first: dt.date, last: dt.date) -> str:
    """Describe the period in the reader's language."""
    if first == last:
        return date_format(first, "DAY_SHORT_FORMAT")
    days = {"first": date_format(first, "DAY_SHORT_FORMAT"), "last": date_format(last, "DAY_SHORT_FORMAT")}
    return _("%(first)s to %(last)s") % days
