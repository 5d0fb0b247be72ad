"""The conditions on the page of a case, and what the reader can do about each."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cases.lifecycle.condition_owners import last_completed_by
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, Condition, User
from cases.models.condition_kinds import MET_BY_HAND
from cases.releases.approvals import has_to_ask
from cases.releases.conditions import may_remove

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
        "can_ask_for_approval": Action.RELEASE_EARLY in can and has_to_ask(conditions, by=user),
    }


def _possible(condition: Condition, user: User, can: set[Action], events: list[CaseEvent]) -> Iterable[str]:
    if not condition.is_open:
        return
    if Action.MEET_CONDITION in can and condition.kind in MET_BY_HAND:
        yield "meet"
    if Action.APPROVE in can and condition.kind == Kind.APPROVAL and last_completed_by(events) != user.pk:
        yield "approve"
    if Action.ADD_CONDITION in can and condition.kind == Kind.EXTERNAL:
        yield "link"
    if Action.WAIVE in can:
        yield "waive"
    if Action.ADD_CONDITION in can and may_remove(condition, by=user, events=events):
        yield "remove"


def _held_since(case: Case, now: dt.datetime) -> dt.datetime | None:
    at = case.release_instant if case.is_pending and case.open_conditions else None
    return at if at and at <= now else None
