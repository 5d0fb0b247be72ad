"""Every transition of a release, one verb a function.

`by` is the person who acts, `source` the door they came through (CaseEvent.Source). A verb locks the people that it
depends on and the case (cases.lifecycle.locking), looks again at who may do what in which state, and commits state,
history and e-mail row together (DESIGN rules 4 and 6). They raise cases.core.errors; ClockMismatch where they would
release or schedule by a clock that is not the portal's; Case.DoesNotExist where `by` may not know of the case.
What leaves the process does so after the commit. `revision`, where given, is the schedule revision that the person was
looking at: an older one is Stale.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core import schedule as calendar
from cases.core.errors import BadSchedule, NotAllowed, ReasonRequired
from cases.core.schedule import Schedule
from cases.core.text import clean_text
from cases.lifecycle.locking import lock_for_action
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, User
from cases.releases import batch
from cases.releases.wakeups import arm_after_commit

Kind = CaseEvent.Kind


@transaction.atomic
def accept(*, case: Case, by: User, source: str, technician: User | None = None) -> Case:
    """A submitted case gets its technician: `by`, or the `technician` whom an administrator names."""
    chosen = technician or by
    locked = lock_for_action(case, Action.ACCEPT, by=by, source=source, people=[chosen])
    case, by, recorder = locked.case, locked.by, locked.recorder
    assignee = locked.people[chosen.pk]
    if assignee != by and not (by.is_administrator and assignee.is_technician and assignee.is_active):
        raise NotAllowed(_("Only an administrator assigns a case, and only to an active technician."))
    case.status = Case.Status.ACCEPTED
    case.assigned_to = assignee
    case.date_accepted = recorder.at
    case.save(update_fields=["status", "assigned_to", "date_accepted"])
    recorder.record(Kind.ACCEPTED)
    return case


@transaction.atomic
def complete(
    *, case: Case, by: User, source: str, release_on: Schedule | None, reason: str = "", revision: int | None = None
) -> Case:
    """The work on an accepted case is done. Its member sees it on `release_on`; None: at once."""
    locked = lock_for_action(case, Action.COMPLETE, by=by, source=source, revision=revision)
    case, by, recorder = locked.case, locked.by, locked.recorder
    case.status = Case.Status.COMPLETED
    case.date_completed = recorder.at
    if release_on is not None:
        _check_choice(release_on, by=by, reason=reason, now=recorder.at, or_now=True)
    _set_schedule(case, release_on)
    case.save(update_fields=["status", "date_completed", *SCHEDULE_FIELDS])
    recorder.record(Kind.COMPLETED, reason=reason)
    if release_on is None:
        batch.release_one(case, by=by, source=source, at=recorder.at)
    else:
        arm_after_commit(case)
    return case


@transaction.atomic
def schedule(
    *, case: Case, by: User, source: str, release_on: Schedule, reason: str = "", revision: int | None = None
) -> Case:
    """A completed case that is not released gets another release date, or its first one after a hold."""
    locked = lock_for_action(case, Action.RESCHEDULE, by=by, source=source, reason=reason, revision=revision)
    case, by, recorder = locked.case, locked.by, locked.recorder
    _check_choice(release_on, by=by, reason=reason, now=recorder.at)
    kind = Kind.SCHEDULED if case.is_held else Kind.RESCHEDULED
    _set_schedule(case, release_on)
    case.save(update_fields=SCHEDULE_FIELDS)
    recorder.record(kind, reason=reason)
    arm_after_commit(case)
    return case


@transaction.atomic
def cancel_schedule(*, case: Case, by: User, source: str, reason: str, revision: int | None = None) -> Case:
    """A completed case is held: it stays completed and is not released until somebody says when."""
    locked = lock_for_action(case, Action.HOLD, by=by, source=source, reason=reason, revision=revision)
    case, by, recorder = locked.case, locked.by, locked.recorder
    _set_schedule(case, None)
    case.save(update_fields=SCHEDULE_FIELDS)
    recorder.record(Kind.HELD, reason=reason)
    return case


@transaction.atomic
def return_to_accepted(*, case: Case, by: User, source: str, reason: str = "", revision: int | None = None) -> Case:
    """A completed case that is not released goes back to its technician, without a schedule."""
    locked = lock_for_action(case, Action.RETURN, by=by, source=source, reason=reason, revision=revision)
    case, by, recorder = locked.case, locked.by, locked.recorder
    case.status = Case.Status.ACCEPTED
    case.date_completed = None
    _set_schedule(case, None)
    case.save(update_fields=["status", "date_completed", *SCHEDULE_FIELDS])
    recorder.record(Kind.RETURNED, reason=reason)
    return case


@transaction.atomic
def release_now(*, case: Case, by: User, source: str, reason: str, revision: int | None = None) -> Case:
    """An administrator releases a completed case before its schedule."""
    locked = lock_for_action(case, Action.RELEASE_EARLY, by=by, source=source, reason=reason, revision=revision)
    case, by, recorder = locked.case, locked.by, locked.recorder
    batch.release_one(case, by=by, source=source, at=recorder.at, reason=clean_text(reason))
    return case


SCHEDULE_FIELDS = [
    "scheduled_release_date",
    "scheduled_release_time",
    "schedule_revision",
    "release_error",
    "release_attempts",
    "release_next_try",
]


def _set_schedule(case: Case, wanted: Schedule | None) -> None:
    """Puts the schedule on the case, not saved yet. What failed under the former schedule is forgotten."""
    case.scheduled_release_date = wanted.date if wanted else None
    case.scheduled_release_time = wanted.time if wanted else None
    case.schedule_revision += 1
    case.release_error = ""
    case.release_attempts = 0
    case.release_next_try = None


def _check_choice(wanted: Schedule, *, by: User, reason: str, now: dt.datetime, or_now: bool = False) -> None:
    """BadSchedule unless `by` may choose that schedule at `now` (DESIGN §4); ReasonRequired where it needs one.

    `or_now` says that the person could choose to release now instead.
    """
    first, last = calendar.least_date(now), calendar.last_date(now)
    if wanted.date > calendar.furthest_date(now):
        raise BadSchedule(_too_far(by, now), field="release_date")
    if first <= wanted.date <= last and wanted.instant > now:
        return
    if not by.is_administrator and wanted.date < first:
        raise BadSchedule(_too_early(now, or_now=or_now), field="release_date")
    if wanted.date < calendar.date_of(now) or wanted.instant <= now:
        raise BadSchedule(_passed(wanted, now, or_now=or_now), field="release_date")
    if not by.is_administrator:
        text = _("The latest date is %(date)s.") % {"date": date_format(last, "DAY_FORMAT")}
        raise BadSchedule(text, field="release_date")
    if not clean_text(reason):
        raise ReasonRequired


def _passed(wanted: Schedule, now: dt.datetime, *, or_now: bool) -> str:
    """Advice that the person can follow where they are: not every form has a time, or a choice to release now."""
    if wanted.date < calendar.date_of(now):
        if or_now:
            return _("This date is in the past. Choose a later date or Release Now.")
        return _("This date is in the past. Choose a later date.")
    if or_now:
        return _("This time is in the past. Choose a later time, a later date or Release Now.")
    return _("This time is in the past. Choose a later time or date.")


def _too_far(by: User, now: dt.datetime) -> str:
    last = calendar.furthest_date(now) if by.is_administrator else calendar.last_date(now)
    words = _("That date is too far away. The latest date is %(date)s.")
    return words % {"date": date_format(last, "DAY_FORMAT")}


def _too_early(now: dt.datetime, *, or_now: bool) -> str:
    days = settings.RELEASE_MIN_DAYS
    if not days:
        return _passed(Schedule(dt.date.min), now, or_now=or_now)
    text = ngettext(
        "The earliest date is %(date)s: %(days)s day from today.",
        "The earliest date is %(date)s: %(days)s days from today.",
        days,
    )
    return text % {"date": date_format(calendar.least_date(now), "DAY_FORMAT"), "days": days}
