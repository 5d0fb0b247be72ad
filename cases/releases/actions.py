"""Every transition of a release, one verb a function.

`by` is the person who acts, `source` the door they came through (CaseEvent.Source). A verb locks the people that it
depends on and the case (cases.lifecycle.locking), looks again at who may do what in which state, and commits state,
history and e-mail row together (DESIGN rules 4 and 6). They raise cases.core.errors; ClockMismatch where they would
release or schedule by a clock that is not the portal's; Case.DoesNotExist where `by` may not know of the case.
What leaves the process does so after the commit. `version`, where given, is the version of the case that the person was
looking at: an older one is Stale.
"""

from django.db import transaction

from cases.core.schedule import Schedule
from cases.core.text import clean_text
from cases.lifecycle.locking import lock_for_action
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, User
from cases.releases import batch
from cases.releases.schedule_policy import check_choice
from cases.releases.wakeups import arm_after_commit

Kind = CaseEvent.Kind


@transaction.atomic
def complete(
    *, case: Case, by: User, source: str, release_on: Schedule | None, reason: str = "", version: int | None = None
) -> Case:
    """The work on an accepted case is done. Its member sees it on `release_on`; None: at once."""
    locked = lock_for_action(case, Action.COMPLETE, by=by, source=source, version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    case.status = Case.Status.COMPLETED
    case.date_completed = recorder.at
    if release_on is not None:
        check_choice(release_on, by=by, reason=reason, now=recorder.at, or_now=True)
    _set_schedule(case, release_on)
    locked.save("status", "date_completed", *SCHEDULE_FIELDS)
    recorder.record(Kind.COMPLETED, reason=reason)
    if release_on is None:
        batch.release_one(case, by=by, source=source, at=recorder.at)
    else:
        arm_after_commit(case)
    return case


@transaction.atomic
def schedule(
    *, case: Case, by: User, source: str, release_on: Schedule, reason: str = "", version: int | None = None
) -> Case:
    """A completed case that is not released gets another release date, or its first one after a hold."""
    locked = lock_for_action(case, Action.RESCHEDULE, by=by, source=source, reason=reason, version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    check_choice(release_on, by=by, reason=reason, now=recorder.at)
    kind = Kind.SCHEDULED if case.is_held else Kind.RESCHEDULED
    _set_schedule(case, release_on)
    locked.save(*SCHEDULE_FIELDS)
    recorder.record(kind, reason=reason)
    arm_after_commit(case)
    return case


@transaction.atomic
def cancel_schedule(*, case: Case, by: User, source: str, reason: str, version: int | None = None) -> Case:
    """A completed case is held: it stays completed and is not released until somebody says when."""
    locked = lock_for_action(case, Action.HOLD, by=by, source=source, reason=reason, version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    _set_schedule(case, None)
    locked.save(*SCHEDULE_FIELDS)
    recorder.record(Kind.HELD, reason=reason)
    return case


@transaction.atomic
def return_to_accepted(*, case: Case, by: User, source: str, reason: str = "", version: int | None = None) -> Case:
    """A completed case that is not released goes back to its technician, without a schedule."""
    locked = lock_for_action(case, Action.RETURN, by=by, source=source, reason=reason, version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    case.status = Case.Status.ACCEPTED
    case.date_completed = None
    _set_schedule(case, None)
    locked.save("status", "date_completed", *SCHEDULE_FIELDS)
    recorder.record(Kind.RETURNED, reason=reason)
    return case


@transaction.atomic
def release_now(*, case: Case, by: User, source: str, reason: str, version: int | None = None) -> Case:
    """An administrator releases a completed case before its schedule."""
    locked = lock_for_action(case, Action.RELEASE_EARLY, by=by, source=source, reason=reason, version=version)
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
