"""Verbs on the conditions of a case, as in cases.releases.

They run under the lock of the case, and each recounts its open conditions. If the last one is met after the instant, a
worker is woken after the commit. The sweep releases the case if that message is lost.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.errors import CaseError, ConditionRemoved, NotAllowed, WrongState
from cases.core.names import clean_name
from cases.core.text import clean_text, isolated
from cases.delivery.change_notices import tell_technician, to_take_care_of
from cases.delivery.condition_notices import forget_settled
from cases.lifecycle import case_conditions, form_tokens
from cases.lifecycle.condition_owners import can_own, completed_by
from cases.lifecycle.history import EventRecorder, facts_in
from cases.lifecycle.locking import Locked, lock_for_action
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, Condition, User
from cases.models.condition_kinds import MET_BY_HAND, NEEDS_A_NAME, ONCE_PER_CASE
from cases.releases.notices import forget_held, tell_of_condition
from cases.releases.wakeups import wake_if_reached

Event = CaseEvent.Kind
Kind = Condition.Kind
State = Condition.State


@transaction.atomic
def add_condition(
    *,
    case: Case,
    by: User,
    source: str,
    kind: str,
    name: str = "",
    owner: User | None = None,
    version: int | None = None,
    form_token: str = "",
) -> Condition:
    """Add a condition to a case that is in progress, or completed and not released. A form adds one
    (cases.lifecycle.form_tokens).

    `owner` takes care of it. None means the technician of the case. Asking for an approval again reopens the former one
    for its new owner. CaseError for a name or an owner that is not accepted, WrongState for a condition too many.
    """
    # Done first, because when a form is sent again, the case already has a new version.
    facts = [str(case.pk), kind, name, str(owner and owner.pk)]
    used = form_tokens.use(form_token, by=by, content=["condition", *facts])
    condition = _add(case, kind, name, owner, by=by, source=source, version=version)
    form_tokens.remember(used, condition.pk)
    return condition


def _add(
    case: Case, kind: str, name: str, owner: User | None, *, by: User, source: str, version: int | None
) -> Condition:
    locked = lock_for_action(
        case, Action.ADD_CONDITION, by=by, source=source, people=[owner] if owner else [], version=version
    )
    check_owner(owner and locked.people[owner.pk], case=locked.case, kind=kind)
    name = clean_condition_name(kind, name)
    if former := to_ask_again(kind, list(locked.case.conditions.all())):
        return _ask_again(former, locked, owner)
    at = locked.recorder.at
    condition = Condition.objects.create(case=locked.case, kind=kind, name=name, owner=owner, created=at, since=at)
    case_conditions.recount(locked.case)
    case_conditions.record(Event.CONDITION_ADDED, condition, locked.recorder)
    if locked.case.status == Case.Status.COMPLETED:
        case_conditions.settle_by_work(locked.case, locked.recorder)
    locked.save("open_conditions")
    condition.refresh_from_db()
    tell_of_condition(condition, locked.recorder)
    if to_take_care_of([condition.pk]):
        tell_technician(locked.recorder, Event.CONDITION_ADDED)
    return condition


@transaction.atomic
def remove_condition(*, condition: Condition, by: User, source: str, version: int | None = None) -> None:
    """Remove an open condition that was added by mistake. For administrators, and for the person who added it."""
    locked, condition = lock(condition, Action.ADD_CONDITION, by=by, source=source, version=version)
    _check_open(condition)
    added = condition.case.events.filter(kind=Event.CONDITION_ADDED, actor=locked.by)
    if not may_remove(condition, by=locked.by, events=added):
        raise NotAllowed(_("Only administrators, and the person who added a condition, can remove it."))
    case_conditions.record(Event.CONDITION_REMOVED, condition, locked.recorder)
    forget_settled([condition], at=locked.recorder.at)
    condition.delete()
    store(locked.recorder)


@transaction.atomic
def meet_condition(*, condition: Condition, by: User, source: str, version: int | None = None) -> Condition:
    """Confirm a condition that is met by hand."""
    locked, condition = lock(condition, Action.MEET_CONDITION, by=by, source=source, version=version)
    _check_open(condition)
    if condition.kind not in MET_BY_HAND:
        raise WrongState(_("This condition can't be confirmed by hand."))
    return settle(condition, State.MET, Event.CONDITION_MET, locked.recorder)


@transaction.atomic
def approve(*, condition: Condition, by: User, source: str, version: int | None = None) -> Condition:
    """Approve the release of a completed case as a second person. A digest of what was approved is stored.

    NotAllowed for the technician of the case, and for the person who completed it.
    """
    locked, condition = lock(condition, Action.APPROVE, by=by, source=source, version=version)
    _check_open(condition)
    if condition.kind != Kind.APPROVAL:
        raise WrongState(_("This condition isn't an approval."))
    if completed_by([condition.case_id]).get(condition.case_id) == locked.by.pk:
        raise NotAllowed(_("You completed this case. Another person must approve it."))
    approved = case_conditions.digest(locked.case)
    return settle(condition, State.MET, Event.APPROVED, locked.recorder, approved_digest=approved)


@transaction.atomic
def waive_condition(
    *, condition: Condition, by: User, source: str, reason: str, version: int | None = None
) -> Condition:
    """Release without this condition. For administrators, with a reason."""
    locked, condition = lock(condition, Action.WAIVE, by=by, source=source, reason=reason, version=version)
    _check_open(condition)
    reason = clean_text(reason)
    limits.check_length(reason, limits.REASON, field="reason")
    condition = settle(condition, State.WAIVED, Event.CONDITION_WAIVED, locked.recorder, reason=reason)
    tell_technician(locked.recorder, Event.CONDITION_WAIVED)
    return condition


def settle(condition: Condition, state: State, event: Event, recorder: EventRecorder, **columns: str) -> Condition:
    """Store a condition of the locked case as met or waived, record it, and forget what people were told of it."""
    case_conditions.settle(condition, state, recorder, **columns)
    case_conditions.record(event, condition, recorder, reason=columns.get("reason", ""))
    store(recorder)
    forget_settled([condition], at=recorder.at)
    return condition


def lock(
    condition: Condition,
    action: Action,
    *,
    by: User,
    source: str,
    reason: str | None = None,
    version: int | None = None,
) -> tuple[Locked, Condition]:
    """Lock the case of `condition` for `action`.

    Raise ConditionRemoved if it is gone, and whatever `lock_for_action` raises.
    """
    locked = lock_for_action(condition.case, action, by=by, source=source, reason=reason, version=version)
    return locked, present(condition, locked.case)


def present(condition: Condition, case: Case) -> Condition:
    """Return the condition of the locked `case` as it is now. ConditionRemoved if someone removed it."""
    found = case.conditions.filter(pk=condition.pk).first()
    if found is None:
        raise ConditionRemoved
    return found


def store(recorder: EventRecorder) -> None:
    """Save the locked case with its conditions recounted. Wake a worker if nothing holds it back anymore, and mark read
    that something does."""
    case = recorder.case
    case_conditions.recount(case)
    case.version += 1
    case.save(update_fields=["open_conditions", "version"])
    forget_held([case], at=recorder.at)
    wake_if_reached(case)


def may_remove(condition: Condition, *, by: User, events: Iterable[CaseEvent]) -> bool:
    """Tell whether `by`, who may add conditions to the case, may remove this one. `events` are from its history."""
    if condition.from_type:
        return False
    return by.is_administrator or any(event.actor_id == by.pk and _is_addition(event, condition) for event in events)


def _is_addition(event: CaseEvent, condition: Condition) -> bool:
    return event.kind == Event.CONDITION_ADDED and facts_in(event).get("condition") == condition.pk


def _ask_again(former: Condition, locked: Locked, owner: User | None) -> Condition:
    recorder: EventRecorder = locked.recorder
    former.owner = owner
    case_conditions.reopen(former, recorder)
    case_conditions.record(Event.CONDITION_REOPENED, former, recorder, owner=former.owner_id)
    store(recorder)
    tell_of_condition(former, recorder)
    return former


def to_ask_again(kind: str, present: Sequence[Condition]) -> Condition | None:
    """Return which of the `present` conditions of a case is asked for again if one of `kind` is added, or None.

    Only a settled approval is asked for again. WrongState if the case already has this condition, or as many as it can
    have.
    """
    former = next((each for each in present if each.kind == kind), None) if kind in ONCE_PER_CASE else None
    if former and (former.kind != Kind.APPROVAL or former.is_open):
        raise WrongState(_("This case already has this condition."))
    if former is None and len(present) >= limits.CONDITIONS:
        raise WrongState(_("A case can have up to %(most)s conditions.") % {"most": limits.CONDITIONS})
    return former


def clean_condition_name(kind: str, name: str) -> str:
    """Return the name of a condition of `kind` as it is stored. CaseError for an unusable name or an unknown kind."""
    if kind not in Kind.values:
        raise CaseError(_("Choose what kind of condition this is."), field="kind")
    return clean_name(name, limits.CONDITION) if kind in NEEDS_A_NAME else ""


def check_can_own(person: User | None) -> None:
    """Raise CaseError for a person who cannot take care of conditions. None is a person who does not exist."""
    if person is None or not can_own(person):
        raise CaseError(_("Choose a technician or an administrator with an active account."), field="owner")


def check_owner(owner: User | None, *, case: Case, kind: str) -> None:
    """Raise CaseError for a person who cannot take care of a condition of this `kind` of the `case`."""
    if owner is None:
        return
    check_can_own(owner)
    if kind == Kind.APPROVAL and owner.is_technician and owner.pk == case.assigned_to_id:
        words = _("%(name)s works on this case. Another person must approve it.")
        raise CaseError(words % {"name": isolated(owner.display_name)}, field="owner")


def _check_open(condition: Condition) -> None:
    if condition.state == State.MET:
        raise WrongState(_("This condition was already met."))
    if condition.state == State.WAIVED:
        raise WrongState(_("This condition was already waived."))
