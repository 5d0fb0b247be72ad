"""Who may do what with a case in which state: one table, as data."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.core.clock import portal_now
from cases.core.errors import NotAllowed, WrongState
from cases.lifecycle import conversation
from cases.lifecycle.deputies import is_assigned
from cases.lifecycle.why_not_yet import verdict_now
from cases.models import Case, User

Role = User.Role


class State(StrEnum):
    """The states that permissions distinguish.

    `due` and `scheduled` differ only by the clock. A case that would be due without its conditions is
    `held_by_conditions`.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    HELD = "held"
    SCHEDULED = "scheduled"
    DUE = "due"
    HELD_BY_CONDITIONS = "held_by_conditions"
    RELEASED = "released"


class Action(StrEnum):
    """What a person can do with a case. TABLE says who may do it, and when."""

    EDIT = "edit"
    DELETE = "delete"
    SUBMIT = "submit"
    ATTACH = "attach"
    ACCEPT = "accept"
    COMPLETE = "complete"
    RESCHEDULE = "reschedule"
    RETURN = "return"
    RELEASE_EARLY = "release_early"
    HOLD = "hold"
    UNDO = "undo"
    RECALL = "recall"
    HAND_OVER = "hand_over"
    NOTE = "note"
    CORRECT = "correct"
    ADD_CONDITION = "add_condition"
    MEET_CONDITION = "meet_condition"
    WAIVE = "waive"
    APPROVE = "approve"
    WRITE_ANSWER = "write_answer"
    WRITE_MESSAGE = "write_message"
    END_WAITING = "end_waiting"


class Relation(StrEnum):
    """A person's relation to a case: their own as a member, assigned to them, unassigned, assigned to others, any."""

    OWN = "own"
    ASSIGNED = "assigned"
    NOBODYS = "nobody's"
    OTHERS = "others'"
    ANY = "any"


@dataclass(frozen=True)
class Rule:
    """The states and relations to the case in which a role may act, and whether it must give a reason."""

    relation: Relation
    states: frozenset[State]
    reason: bool = False


PENDING = frozenset({State.HELD, State.SCHEDULED, State.DUE, State.HELD_BY_CONDITIONS})
OVERDUE = frozenset({State.DUE, State.HELD_BY_CONDITIONS})
IN_HANDS = PENDING | {State.ACCEPTED}
NO_DRAFT = frozenset(State) - {State.DRAFT}
TALKED_ABOUT = IN_HANDS | {State.RELEASED}
DRAFT, SUBMITTED, ACCEPTED, RELEASED = (
    frozenset({state}) for state in (State.DRAFT, State.SUBMITTED, State.ACCEPTED, State.RELEASED)
)


def _member(states: frozenset[State]) -> dict[str, Rule]:
    """Return the rule that members may do it in these states, with their own cases."""
    return {Role.MEMBER: Rule(Relation.OWN, states)}


def _technician(states: frozenset[State], relation: Relation = Relation.ASSIGNED) -> dict[str, Rule]:
    """Return the rule that technicians may do it in these states, with the cases assigned to them."""
    return {Role.TECHNICIAN: Rule(relation, states)}


def _administrator(states: frozenset[State], *, reason: bool = False) -> dict[str, Rule]:
    """Return the rule that administrators may do it in these states, with any case."""
    return {Role.ADMINISTRATOR: Rule(Relation.ANY, states, reason)}


def _staff(states: frozenset[State]) -> dict[str, Rule]:
    """Return the rules for both, in the same states."""
    return _technician(states) | _administrator(states)


TABLE: dict[Action, dict[str, Rule]] = {
    Action.EDIT: _member(DRAFT),
    Action.DELETE: _member(DRAFT),
    Action.SUBMIT: _member(DRAFT),
    # Also to remove one: members their submissions, the others their reports (cases.documents.attach_and_remove).
    Action.ATTACH: _member(DRAFT) | _staff(ACCEPTED),
    Action.ACCEPT: _technician(SUBMITTED, Relation.NOBODYS) | _administrator(SUBMITTED),
    Action.COMPLETE: _staff(ACCEPTED),
    Action.RESCHEDULE: _technician(PENDING) | _administrator(PENDING, reason=True),
    Action.RETURN: _staff(PENDING),
    Action.RELEASE_EARLY: _administrator(PENDING, reason=True),
    # Only for the person who released the case, and only for a short time (cases.releases.undo_and_recall).
    Action.UNDO: _staff(RELEASED),
    Action.RECALL: _administrator(RELEASED, reason=True),
    Action.HOLD: _administrator(frozenset({State.SCHEDULED, State.HELD_BY_CONDITIONS}), reason=True),
    Action.HAND_OVER: _staff(IN_HANDS),
    # Completion locks the answer.
    Action.WRITE_ANSWER: _staff(ACCEPTED),
    # Notes on a colleague's case are useful too.
    Action.NOTE: _technician(NO_DRAFT, Relation.ANY) | _administrator(NO_DRAFT),
    # As long as the other side can read it (cases.lifecycle.conversation).
    Action.WRITE_MESSAGE: _member(NO_DRAFT) | _staff(TALKED_ABOUT),
    Action.END_WAITING: _staff(TALKED_ABOUT),
    # Its type and its urgency. Members choose them in the draft.
    Action.CORRECT: _technician(ACCEPTED) | _administrator(SUBMITTED | ACCEPTED),
    # Also to make a link, and to remove a condition again (cases.releases.conditions).
    Action.ADD_CONDITION: _staff(IN_HANDS),
    Action.MEET_CONDITION: _staff(IN_HANDS),
    Action.WAIVE: _administrator(IN_HANDS, reason=True),
    # Not the person who completed the case: the verb checks its history.
    Action.APPROVE: _technician(PENDING, Relation.OTHERS) | _administrator(PENDING),
}

REFUSALS: dict[State, Promise] = {
    State.DRAFT: gettext_lazy("This case is still a draft."),
    State.SUBMITTED: gettext_lazy("This case hasn't been accepted yet."),
    State.ACCEPTED: gettext_lazy("This case is in progress. It isn't completed yet."),
    State.HELD: gettext_lazy("This case is completed and on hold."),
    State.SCHEDULED: gettext_lazy("This case is already completed and scheduled for release."),
    State.DUE: gettext_lazy("This case has reached its release date and is being released now."),
    State.HELD_BY_CONDITIONS: gettext_lazy("This case has reached its release date and is held by its conditions."),
    State.RELEASED: gettext_lazy("This case has already been released."),
}
# Where the state alone would not explain the error to the person.
REFUSALS_OF: dict[tuple[Action, State], Promise] = {
    (Action.ACCEPT, State.ACCEPTED): gettext_lazy("This case has already been accepted."),
    (Action.HOLD, State.HELD): gettext_lazy("This case is already on hold."),
}
# Members change only drafts. The message depends on what they may see, so it reveals nothing about a completion.
REFUSALS_OF_MEMBERS: dict[State, Promise] = {
    State.DRAFT: REFUSALS[State.DRAFT],
    State.SUBMITTED: gettext_lazy("You already submitted this case. It can't be changed anymore."),
    State.ACCEPTED: gettext_lazy("This case is already in progress. It can't be changed anymore."),
    State.RELEASED: gettext_lazy("This case is ready. It can't be changed anymore."),
}


def state_of(case: Case, *, now: dt.datetime | None = None) -> State:
    """Return the state of `case` at the aware datetime `now`.

    With None, the present moment is read from the database. While releases are stopped nothing is due, so a case that
    has reached its date can still be put on hold.
    """
    if case.status != Case.Status.COMPLETED:
        return State(case.status)
    if case.is_released:
        return State.RELEASED
    instant = case.release_instant
    if instant is None:
        return State.HELD
    if instant > (now or portal_now()):
        return State.SCHEDULED
    if case.open_conditions:
        return State.HELD_BY_CONDITIONS
    is_stopped = getattr(case, "is_stopped", False)  # annotated by pages of one case
    return State.SCHEDULED if is_stopped else State.DUE


def _state_to(by: User, case: Case, now: dt.datetime | None) -> State:
    """Return the state for `by`. For members, all unreleased cases are the same, and the clock is not read, so that no
    request takes longer because their case is completed."""
    return State.HELD if by.is_member and case.is_pending else state_of(case, now=now)


def check(
    action: Action,
    *,
    by: User,
    case: Case,
    now: dt.datetime | None = None,
    why: Callable[[Case], str] | None = None,
) -> Rule:
    """Return the rule under which `by` may do `action` to `case` now.

    NotAllowed or WrongState otherwise. For many cases, pass the portal's moment `now`, and `why`, which returns what an
    overdue case waits for. Without them the database is queried.
    """
    rule = TABLE[action].get(by.role) if by.is_active else None
    if rule is None or not _related(rule.relation, by, case):
        raise NotAllowed(_("You don't have permission to do this."))
    state = _state_to(by, case, now)
    if state not in rule.states:
        raise WrongState(_refusal(action, state, by, case, why or _why_not_yet))
    if action is Action.WRITE_MESSAGE and (closed := conversation.why_closed(case, to=by, now=now)):
        raise WrongState(closed)
    return rule


def _why_not_yet(case: Case) -> str:
    return verdict_now(case, now=portal_now()).sentences


def _refusal(action: Action, state: State, by: User, case: Case, why_not_yet: Callable[[Case], str]) -> str:
    if by.is_member:
        # A member who sees the case must not learn more about it from an error message.
        return str(REFUSALS_OF_MEMBERS[State.ACCEPTED if state in PENDING else state])
    if state in OVERDUE and (why := why_not_yet(case)):
        return _("This case has reached its release date but can't be released yet. %(why)s") % {"why": why}
    return str(REFUSALS_OF.get((action, state), REFUSALS[state]))


def allowed(*, by: User, case: Case, now: dt.datetime | None = None) -> set[Action]:
    """Return what `by` may do with `case`, for a page to offer. A page with many cases reads `now` once."""
    if not by.is_active:
        return set()
    state = _state_to(by, case, now)
    return {
        action
        for action, roles in TABLE.items()
        if (rule := roles.get(by.role)) and state in rule.states and _related(rule.relation, by, case)
        if action is not Action.WRITE_MESSAGE or not conversation.why_closed(case, to=by, now=now)
    }


def _related(relation: Relation, by: User, case: Case) -> bool:
    match relation:
        case Relation.OWN:
            return case.member_id == by.pk
        case Relation.ASSIGNED:
            return is_assigned(by, case)
        case Relation.NOBODYS:
            # No submitted case is assigned to anyone. An accepted one is refused for its state, with a reason.
            return case.assigned_to_id is None or case.status != Case.Status.SUBMITTED
        case Relation.OTHERS:
            return not is_assigned(by, case)
        case Relation.ANY:
            return True
