"""Blackout days: verbs of administrators. Schedules that are stored stay as they are (docs/calendar.md)."""

import datetime as dt

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.core import schedule
from cases.core.clock import portal_now
from cases.core.errors import BadSchedule, WrongState
from cases.core.names import clean_name
from cases.lifecycle import portal_history
from cases.lifecycle.history import is_last, log_committed
from cases.lifecycle.locking import lock_as_administrator
from cases.models import BlackoutDay, PortalEvent, User

Kind = PortalEvent.Kind


@transaction.atomic
def add(*, date: dt.date, name: str, by: User, source: str) -> BlackoutDay:
    """Let nobody choose `date` for a release from now on. `name` says why.

    BadSchedule for a day that `check_date` refuses, CaseError for an unusable name, WrongState for a day that is one
    already. The same day again, by the same person and name, is no error: someone pressed the button twice.
    """
    by = lock_as_administrator(by)[by.pk]
    now = portal_now()
    check_date(date, now=now)
    name = clean_name(name)
    kept = {"name": name, "created": now, "created_by": by}
    day, is_new = BlackoutDay.objects.get_or_create(date=date, defaults=kept)
    if not is_new and (day.created_by_id, day.name) == (by.pk, name):
        return day
    if not is_new:
        raise WrongState(_("This day is already a blackout day."), field="date")
    _record(Kind.BLACKOUT_DAY_ADDED, day, by=by, source=source, at=now)
    return day


@transaction.atomic
def remove(*, date: dt.date, by: User, source: str) -> BlackoutDay:
    """Let people choose `date` again. WrongState for a day that is no blackout day, unless `by` did this last."""
    by = lock_as_administrator(by)[by.pk]
    day = BlackoutDay.objects.select_for_update().filter(date=date).first()
    if day is None:
        if is_last(PortalEvent.objects.all(), Kind.BLACKOUT_DAY_REMOVED, by=by, date=date.isoformat()):
            return BlackoutDay(date=date)
        raise WrongState(_("This day isn't a blackout day anymore."))
    BlackoutDay.objects.filter(date=date).delete()
    _record(Kind.BLACKOUT_DAY_REMOVED, day, by=by, source=source, at=portal_now())
    return day


def check_date(date: dt.date, *, now: dt.datetime) -> None:
    """Check that `date` can be a blackout day at the portal's moment `now`. BadSchedule if no release can be on it."""
    furthest = schedule.furthest_date(now)
    if date < schedule.date_of(now):
        raise BadSchedule(_("This date is in the past. Choose a later date."), field="date")
    if date > furthest:
        words = _("This date is too far away. The latest date is %(date)s.")
        raise BadSchedule(words % {"date": date_format(furthest, "DAY_FORMAT")}, field="date")


def _record(kind: PortalEvent.Kind, day: BlackoutDay, *, by: User, source: str, at: dt.datetime) -> None:
    date = day.date.isoformat()
    portal_history.record(kind, by=by, source=source, at=at, details={"date": date, "name": day.name})
    log_committed("blackout days changed", kind=str(kind), date=date, source=source, by=by.pk)
