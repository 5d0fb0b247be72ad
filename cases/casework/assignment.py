"""Who works on a case: accept it, hand it over to a colleague, hand over all cases of a person.

Verbs as in cases.releases. A person's open cases are their cases that are accepted, or completed and not released.
"""

from functools import partial

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cases.core.clock import portal_now
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.delivery.hand_over_notices import tell_of_hand_over
from cases.delivery.notifications import notify
from cases.lifecycle.account_history import record
from cases.lifecycle.history import EventRecorder, log_committed
from cases.lifecycle.locking import in_lock_order, lock_as_administrator, lock_for_action
from cases.lifecycle.permissions import Action
from cases.lifecycle.reminder_days import remind_soon
from cases.models import AccountEvent, Case, CaseEvent, CaseQuerySet, Notification, User
from cases.models.case_states import HELD, SCHEDULED

# Handed over in one transaction. A release that falls due during it waits no longer than that.
BATCH = 500


@transaction.atomic
def accept(*, case: Case, by: User, source: str, technician: User | None = None, version: int | None = None) -> Case:
    """Assign a submitted case to `by`, or to the `technician` whom an administrator names.

    NotAllowed and WrongState by cases.lifecycle.permissions, and NotAllowed for a person who is not a technician at
    work. CaseError for one who was invited but has not signed in.
    """
    chosen = technician or by
    locked = lock_for_action(case, Action.ACCEPT, by=by, source=source, people=[chosen], version=version)
    case, by, recorder = locked.case, locked.by, locked.recorder
    assignee = locked.people[chosen.pk]
    if assignee != by and not (by.is_administrator and assignee.is_technician and assignee.is_active):
        raise NotAllowed(_("Only administrators can assign a case, and only to an active technician."))
    if assignee != by and not assignee.takes_cases:
        raise CaseError(_("Choose a technician with an active account who has signed in before."), field="technician")
    case.status = Case.Status.ACCEPTED
    case.assigned_to = assignee
    case.date_accepted = recorder.at
    locked.save("status", "assigned_to", "date_accepted")
    recorder.record(CaseEvent.Kind.ACCEPTED)
    tell = partial(notify, case=case, by=by, at=recorder.at)
    tell(Notification.Kind.ACCEPTED, to=[case.member_id])
    tell(Notification.Kind.ASSIGNED, to=[assignee])
    return case


@transaction.atomic
def hand_over_case(
    *, case: Case, to: User, by: User, source: str, reason: str = "", version: int | None = None
) -> Case:
    """Assign the case to the technician `to`.

    Its state and schedule stay. NotAllowed and WrongState by cases.lifecycle.permissions. CaseError unless `to` is a
    technician at work other than the present one. Case.DoesNotExist if `by` may not know about the case.
    """
    # `to` is locked too, so that a deactivation at the same time finds the case among theirs.
    locked = lock_for_action(case, Action.HAND_OVER, by=by, source=source, people=[to], version=version)
    case, to = locked.case, locked.people[to.pk]
    if to.pk == case.assigned_to_id or not to.takes_cases:
        raise CaseError(_("Choose another technician with an active account who has signed in before."), field="to")
    handed_over(locked.recorder, to=to, reason=reason).save()
    former = case.assigned_to_id
    case.assigned_to = to
    locked.save("assigned_to")
    remind_soon(to, [case])
    locked.recorder.log(CaseEvent.Kind.HANDED_OVER)
    tell_of_hand_over([case], former=[former], by=locked.by, at=locked.recorder.at)
    return case


def handed_over(recorder: EventRecorder, *, to: User, reason: str) -> CaseEvent:
    """Return the event of a handover to `to`, not stored yet. Call this before the case changes."""
    former = recorder.case.assigned_to_id
    details = {"from_technician": former, "to_technician": to.pk}
    return recorder.event(CaseEvent.Kind.HANDED_OVER, reason=reason, details=details)


def open_cases(technician: User, *, by: User) -> list[CaseQuerySet]:
    """Return the cases assigned to `technician` that are not released, in three index ranges.

    Each is in the order of its index, so that released cases cost nothing.
    """
    own = Case.objects.visible_to(by).filter(assigned_to=technician)
    return [
        own.filter(status=Case.Status.ACCEPTED).order_by("-id"),
        own.filter(HELD).order_by("-id"),
        own.filter(SCHEDULED).order_by("scheduled_release_date", "scheduled_release_time", "id"),
    ]


def count_open(technician: User, *, by: User, most: int) -> int:
    """Count the open cases of `technician`, up to `most` in each index range."""
    return sum(cases.values("pk")[:most].count() for cases in open_cases(technician, by=by))


def hand_over_all(*, technician: User, to: User, by: User, source: str, reason: str = "") -> int:
    """Assign all open cases of `technician` to `to`.

    Schedules stay. Return how many. Each batch is a transaction and checks everyone involved again. If one fails,
    earlier batches stay handed over, and a second call continues from there.
    """
    count = 0
    # Until none is found: some may be released before they are locked, or move from one index range to another.
    while (done := _hand_over_some(technician, to, by, source, reason)) is not None:
        count += done
    return count


@transaction.atomic
def _hand_over_some(technician: User, to: User, by: User, source: str, reason: str) -> int | None:
    """Hand over up to BATCH open cases. Return how many, or None if there are none."""
    people = lock_as_administrator(by, technician, to)
    by, technician, to = people[by.pk], people[technician.pk], people[to.pk]
    if to == technician or not to.takes_cases:
        raise WrongState(_("Choose another technician with an active account who has signed in before."))
    found = _some_open_cases(technician, by=by)
    if not found:
        return None
    still_open = Q(status=Case.Status.ACCEPTED) | HELD | SCHEDULED
    cases = list(in_lock_order(Case.objects.filter(still_open, pk__in=found, assigned_to=technician)))
    if not cases:
        return 0
    now = portal_now()
    recorders = [EventRecorder(case, by=by, source=source, at=now) for case in cases]
    CaseEvent.objects.bulk_create([handed_over(recorder, to=to, reason=reason) for recorder in recorders])
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(assigned_to=to, version=F("version") + 1)
    remind_soon(to, cases)
    details = {"count": len(cases), "to_technician": to.pk}
    for case in cases:
        case.assigned_to = to
    tell_of_hand_over(cases, former=[technician.pk], by=by, at=now)
    record(technician, AccountEvent.Kind.CASES_HANDED_OVER, by=by, reason=reason, details=details)
    facts = {"count": len(cases), "from_id": technician.pk, "to_id": to.pk}
    log_committed("cases handed over", source=source, by=by.pk, **facts)
    return len(cases)


def _some_open_cases(technician: User, *, by: User) -> list[int]:
    """Return the keys of up to BATCH open cases, in the order of the indexes."""
    found: list[int] = []
    for cases in open_cases(technician, by=by):
        found += cases.values_list("pk", flat=True)[: BATCH - len(found)]
    return found
