"""The conditions on the page of a case, and what the reader can do about each."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, Condition, User

Kind = Condition.Kind


@dataclass(frozen=True)
class ConditionRow:
    """A condition and the keys of what the reader can do about it."""

    condition: Condition
    can: frozenset[str]
    link_has_expired: bool


def condition_panel(
    case: Case,
    user: User,
    can: set[Action],
    *,
    conditions: list[Condition],
    events: Iterable[CaseEvent],
    now: dt.datetime,
) -> dict[str, Any]:
    """Return what the page shows at `now` of the `conditions` of `case`. `events` are the latest of its history."""
    events = list(events)
    rows = [
        ConditionRow(
            condition,
            can=frozenset(_possible(condition, user, can, events)),
            link_has_expired=condition.link_expires_at is not None and condition.link_expires_at <= now,
        )
        for condition in conditions
    ]
    return {
        "conditions": rows,
        "held_since": _held_since(case, now),
        "can_ask_for_approval": Action.RELEASE_EARLY in can and _needs_approval(conditions, user),
    }


def _possible(condition: Condition, user: User, can: set[Action], events: list[CaseEvent]) -> Iterable[str]:
    if not condition.is_open:
        return
    if Action.MEET_CONDITION in can and condition.kind == Kind.MANUAL:
        yield "meet"
    if Action.APPROVE in can and condition.kind == Kind.APPROVAL and not _completed(events, user):
        yield "approve"
    if Action.ADD_CONDITION in can and condition.kind == Kind.EXTERNAL:
        yield "link"
    if Action.WAIVE in can:
        yield "waive"
    if Action.ADD_CONDITION in can and _may_remove(condition, user, events):
        yield "remove"


def _needs_approval(conditions: list[Condition], user: User) -> bool:
    """Tell whether `user` can't release early yet and nobody has been asked to approve it."""
    if not settings.REQUIRE_SECOND_APPROVER:
        return False
    approval = next((condition for condition in conditions if condition.kind == Kind.APPROVAL), None)
    if approval is None or approval.state == Condition.State.WAIVED:
        return True
    return not approval.is_open and approval.settled_by_id == user.pk


def _held_since(case: Case, now: dt.datetime) -> dt.datetime | None:
    at = case.release_instant if case.is_pending and case.open_conditions else None
    return at if at and at <= now else None


def _completed(events: list[CaseEvent], user: User) -> bool:
    """As cases.releases.conditions.completed_by."""
    completed = (each for each in events if each.kind == CaseEvent.Kind.COMPLETED and each.bulk_run_id is None)
    last = next(completed, None)
    return last is not None and last.actor_id == user.pk


def _may_remove(condition: Condition, user: User, events: list[CaseEvent]) -> bool:
    if condition.from_type or user.is_administrator:
        return not condition.from_type
    return any(
        event.kind == CaseEvent.Kind.CONDITION_ADDED
        and event.actor_id == user.pk
        and isinstance(event.details, dict)
        and event.details.get("condition") == condition.pk
        for event in events
    )
