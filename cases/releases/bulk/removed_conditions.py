"""Conditions that a run has removed: as facts on the row of their case, and as an undo restores them."""

import datetime as dt
import json
from typing import Any

from cases.core import limits
from cases.models import Case, Condition

# Facts and their columns. Facts that a condition lacks are left out.
COLUMNS = {"owner": "owner_id", "link": "link_digest"}
MOMENTS = {
    "created": "created",
    "since": "since",
    "lapsed": "lapsed_at",
    "expires": "link_expires_at",
}


def facts_to_restore(condition: Condition) -> dict[str, Any]:
    """Return an open condition from a case type as JSON."""
    values = {name: getattr(condition, column) for name, column in COLUMNS.items()}
    values |= {name: at and at.isoformat() for name, column in MOMENTS.items() for at in [getattr(condition, column)]}
    return named(condition) | {"key": condition.pk} | {name: value for name, value in values.items() if value}


def named(condition: Condition) -> dict[str, Any]:
    """Return the facts that say what a condition is about."""
    return {"kind": condition.kind, "name": condition.name} if condition.name else {"kind": condition.kind}


def name_in(facts: dict[str, Any]) -> str:
    """Return the name of the condition with these facts, in the reader's language."""
    return facts.get("name") or str(Condition.Kind(facts["kind"]).label)


def restored(facts: dict[str, Any], case: Case) -> Condition:
    """Return the condition as it was, under its former key, not stored yet. The link works again until it expires."""
    columns = {column: facts.get(name) for name, column in COLUMNS.items()}
    moments = {column: dt.datetime.fromisoformat(facts[name]) for name, column in MOMENTS.items() if name in facts}
    return Condition(
        pk=facts["key"], case=case, kind=facts["kind"], name=facts.get("name", ""), from_type=True, **columns, **moments
    )


def fit(facts: dict[str, Any], *, more: int = 0) -> bool:
    """Tell whether these facts, and that many more letters, fit in a row."""
    return len(json.dumps(facts)) + more <= limits.FACTS
