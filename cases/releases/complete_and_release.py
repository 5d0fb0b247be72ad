"""Complete a case, set its release date, put it on hold, reopen it, release it early. Verbs as in cases.releases."""

from django.db import transaction

from cases.core.schedule import Schedule
from cases.core.text import clean_text
from cases.delivery.change_notices import tell_technician
from cases.delivery.condition_notices import forget_settled
from cases.lifecycle import case_conditions
from cases.lifecycle.answers import check_answered
from cases.lifecycle.locking import lock_for_action
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, User
from cases.releases import release_batch
from cases.releases.approvals import check_second_approver
from cases.releases.notices import ask_for_approval, forget_former_dates, tell_owners
from cases.releases.reminders import remind_at_once
from cases.releases.schedule_policy import check_choice
from cases.releases.wakeups import arm_after_commit

Kind = CaseEvent.Kind


@transaction.atomic
def complete(
    *, case: Case, by: User, source: str, release_on: Schedule | None, reason: str = "", version: int | None = None
) -> Case:
    """Complete an accepted case.

    Its member sees it on `release_on`, or immediately if that is None. CaseError if it needs an answer and has none
    (cases.lifecycle.answers).
    """
    locked = lock_for_action(case, Action.COMPLETE, by=by, source=source, version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    check_answered(case)
    case.status = Case.Status.COMPLETED
    case.date_completed = recorder.at
    if release_on is not None:
        check_choice(release_on, case=case, by=by, reason=reason, now=recorder.at, or_now=True)
    set_schedule(case, release_on)
    forget_settled(case_conditions.settle_by_work(case, recorder), at=recorder.at)
    locked.save("status", "date_completed", *SCHEDULE_FIELDS)
    recorder.record(Kind.COMPLETED, reason=reason)
    tell_technician(recorder, Kind.COMPLETED if release_on else Kind.RELEASED)
    if release_on is None:
        release_batch.release_one(case, by=by, source=source, at=recorder.at)
    else:
        arm_after_commit(case)
        ask_for_approval(case, recorder)
        remind_at_once([case], by=by, at=recorder.at)
    return case


@transaction.atomic
def schedule(
    *, case: Case, by: User, source: str, release_on: Schedule, reason: str = "", version: int | None = None
) -> Case:
    """Set a new release date for a completed case that is not released, or its first one after a hold.

    Nothing changes if it already has that date and time: their approval stays valid, and so does every link.
    """
    locked = lock_for_action(case, Action.RESCHEDULE, by=by, source=source, reason=reason, version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    check_choice(release_on, case=case, by=by, reason=reason, now=recorder.at)
    if release_on == case.schedule:
        return case
    kind = Kind.SCHEDULED if case.is_held else Kind.RESCHEDULED
    set_schedule(case, release_on)
    case_conditions.lapse_approvals(case, recorder)
    locked.save(*SCHEDULE_FIELDS)
    recorder.record(kind, reason=reason)
    tell_technician(recorder, kind)
    arm_after_commit(case)
    forget_former_dates([recorder], at=recorder.at)
    ask_for_approval(case, recorder)
    remind_at_once([case], by=by, at=recorder.at)
    return case


@transaction.atomic
def cancel_schedule(*, case: Case, by: User, source: str, reason: str, version: int | None = None) -> Case:
    """Put a completed case on hold: it is not released until a date is set."""
    locked = lock_for_action(case, Action.HOLD, by=by, source=source, reason=reason, version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    set_schedule(case, None)
    case_conditions.lapse_approvals(case, recorder)
    locked.save(*SCHEDULE_FIELDS)
    recorder.record(Kind.HELD, reason=reason)
    tell_technician(recorder, Kind.HELD)
    forget_former_dates([recorder], at=recorder.at)
    return case


@transaction.atomic
def return_to_accepted(*, case: Case, by: User, source: str, reason: str = "", version: int | None = None) -> Case:
    """Reopen a completed case that is not released. Its schedule is removed."""
    locked = lock_for_action(case, Action.RETURN, by=by, source=source, reason=reason, version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    case.status = Case.Status.ACCEPTED
    case.date_completed = None
    set_schedule(case, None)
    reopened = case_conditions.reopen_on_return(case, recorder)
    locked.save("status", "date_completed", *SCHEDULE_FIELDS)
    recorder.record(Kind.RETURNED, reason=reason)
    tell_technician(recorder, Kind.RETURNED)
    tell_owners(reopened, by=by, at=recorder.at)
    forget_former_dates([recorder], at=recorder.at)
    return case


@transaction.atomic
def release_now(*, case: Case, by: User, source: str, reason: str, version: int | None = None) -> Case:
    """Release a completed case before its schedule. For administrators."""
    locked = lock_for_action(case, Action.RELEASE_EARLY, by=by, source=source, reason=reason, version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    check_second_approver(case, by=by)
    release_batch.release_one(case, by=by, source=source, at=recorder.at, reason=clean_text(reason))
    tell_technician(recorder, Kind.RELEASED)
    return case


SCHEDULE_FIELDS = [
    "scheduled_release_date",
    "scheduled_release_time",
    "schedule_revision",
    "release_error",
    "release_attempts",
    "release_next_try",
    # A condition may be met or lapse with it.
    "open_conditions",
]


def set_schedule(case: Case, wanted: Schedule | None) -> None:
    """Set the schedule on the case without saving it. Forget what failed under the former schedule."""
    case.scheduled_release_date = wanted.date if wanted else None
    case.scheduled_release_time = wanted.time if wanted else None
    case.schedule_revision += 1
    case.release_error = ""
    case.release_attempts = 0
    case.release_next_try = None
