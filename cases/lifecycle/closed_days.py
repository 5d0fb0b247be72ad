"""The calendar of releases with the blackout days of the database. One query for a range of days."""

import datetime as dt

from django.conf import settings
from django.utils.translation import ngettext

from cases.core import schedule
from cases.core.public_holidays import years_without_data
from cases.core.release_days import DAY, SEARCH_DAYS, ReleaseDays
from cases.core.schedule import LeadTime
from cases.models import BlackoutDay

# How far ahead to look for holidays.
MAX_YEARS = 5


def days_between(first: dt.date, last: dt.date) -> ReleaseDays:
    """Return the calendar from `first` to `last`."""
    rows = BlackoutDay.objects.filter(date__range=(first, last))
    return ReleaseDays(first, last, dict(rows.values_list("date", "name")))


def days_from(date: dt.date) -> ReleaseDays:
    """Return the calendar from `date` on, as far as the search for the next open day goes."""
    return days_between(date, date + SEARCH_DAYS * DAY)


def days_to_choose(now: dt.datetime, lead: LeadTime | None = None) -> ReleaseDays:
    """Return the calendar from today to the last day that technicians may choose.

    `now` is the portal's moment (cases.core.clock), `lead` the lead time of a case, None for the portal's, as below.
    """
    return days_between(schedule.date_of(now), schedule.last_date(now, lead))


def default_date(now: dt.datetime, lead: LeadTime | None = None, *, days: ReleaseDays | None = None) -> dt.date:
    """Return the date that is used if none is given: the default one, or the next open day.

    `days`: the result of `days_to_choose`, if it was called before.
    """
    days = days or days_to_choose(now, lead)
    first, last = schedule.least_date(now, lead), schedule.last_date(now, lead)
    return days.nearest_open(schedule.default_date(now, lead), first=first, last=last)


def unknown_years(now: dt.datetime) -> str:
    """Say for which of the years that technicians may choose no public holiday is known. Empty if there is none."""
    first, last = schedule.date_of(now).year, schedule.last_date(now).year
    years = years_without_data(settings.RELEASE_HOLIDAYS, range(first, min(last, first + MAX_YEARS) + 1))
    if not years:
        return ""
    words = ngettext(
        "No public holidays are known for %(years)s. No day that year is closed as a public holiday.",
        "No public holidays are known for %(years)s. No day in those years is closed as a public holiday.",
        len(years),
    )
    return words % {"years": ", ".join(map(str, years))}
