"""Which release date a person may choose."""

import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core import schedule
from cases.core.errors import BadSchedule, ReasonRequired
from cases.core.release_days import ReleaseDays
from cases.core.schedule import LeadTime, Schedule
from cases.core.text import clean_text
from cases.lifecycle.closed_days import days_from
from cases.models import Case, User


def lead_time_of(case: Case) -> LeadTime:
    """Return the lead time of the type of `case`. Values that the type does not set are the portal's."""
    portals, kept = schedule.portals_lead_time(), case.case_type
    if kept is None:
        return portals
    least = portals.least if kept.min_days is None else kept.min_days
    default = portals.default if kept.default_days is None else kept.default_days
    return LeadTime(least, max(least, default))


def check_choice(
    wanted: Schedule,
    *,
    case: Case,
    by: User,
    reason: str,
    now: dt.datetime,
    or_now: bool = False,
    days: ReleaseDays | None = None,
) -> None:
    """Check that `by` may choose that schedule for `case` at `now`. Otherwise BadSchedule, or ReasonRequired if it
    needs one.

    `or_now` says that the person could choose to release now instead. `days`: the calendar from the wanted date on, if
    it was read before.
    """
    lead = lead_time_of(case)
    first, last = schedule.least_date(now, lead), schedule.last_date(now, lead)
    furthest = schedule.furthest_date(now)
    if wanted.date > furthest:
        text = _("This date is too far away. The latest date is %(date)s.")
        latest = furthest if by.is_administrator else last
        raise BadSchedule(text % {"date": date_format(latest, "DAY_FORMAT")}, field="release_date")
    is_usual = first <= wanted.date <= last and wanted.instant > now
    if not is_usual:
        _check_bounds(wanted, lead, by=by, now=now, or_now=or_now)
    _check_day(wanted.date, days or days_from(wanted.date), last=furthest if by.is_administrator else last)
    if not is_usual and not clean_text(reason):
        raise ReasonRequired


def _check_bounds(wanted: Schedule, lead: LeadTime, *, by: User, now: dt.datetime, or_now: bool) -> None:
    """Check a choice that technicians may not make: whether it is in the future, and whether `by` may make it."""
    if not by.is_administrator and lead.least and wanted.date < schedule.least_date(now, lead):
        raise BadSchedule(_too_early(now, lead), field="release_date")
    if wanted.date < schedule.date_of(now) or wanted.instant <= now:
        raise BadSchedule(_passed(wanted, now, or_now=or_now), field="release_date")
    if not by.is_administrator:
        latest = date_format(schedule.last_date(now, lead), "DAY_FORMAT")
        raise BadSchedule(_("The latest date is %(date)s.") % {"date": latest}, field="release_date")


def _check_day(date: dt.date, days: ReleaseDays, *, last: dt.date) -> None:
    """Check that a release can be on that day, for administrators too. `last` is the last day they may choose."""
    if closed := days.closed(date):
        raise BadSchedule(f"{closed.sentence} {_instead(days.next_open(date, last=last))}", field="release_date")


def _instead(date: dt.date | None) -> str:
    if date is None:
        return _("No later date is available. Choose an earlier one, or ask an administrator.")
    return _("The next available date is %(date)s.") % {"date": date_format(date, "WEEKDAY_DAY_FORMAT")}


def _passed(wanted: Schedule, now: dt.datetime, *, or_now: bool) -> str:
    """Return advice that the person can follow, because not every form has a time, or a choice to release now."""
    if wanted.date < schedule.date_of(now):
        if or_now:
            return _("This date is in the past. Choose a later date or “Release Now”.")
        return _("This date is in the past. Choose a later date.")
    if or_now:
        return _("This time is in the past. Choose a later time, a later date or “Release Now”.")
    return _("This time is in the past. Choose a later time or date.")


def _too_early(now: dt.datetime, lead: LeadTime) -> str:
    first = schedule.least_date(now, lead)
    earliest = days_from(first).next_open(first) or first
    if earliest > first:
        return _("The earliest date is %(date)s.") % {"date": date_format(earliest, "DAY_FORMAT")}
    text = ngettext(
        "The earliest date is %(date)s: %(days)s day from today.",
        "The earliest date is %(date)s: %(days)s days from today.",
        lead.least,
    )
    return text % {"date": date_format(first, "DAY_FORMAT"), "days": lead.least}
