"""Writing and reading the history of accounts."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from cases.core import limits
from cases.core.calendar_periods import days_text
from cases.core.clock import portal_now
from cases.core.text import isolated
from cases.lifecycle import security_notices
from cases.lifecycle.history import actor_columns, name_people
from cases.models import AccountEvent, OutgoingEmail, User

Kind = AccountEvent.Kind


def record(
    person: User,
    kind: AccountEvent.Kind,
    *,
    by: User | str,
    at: dt.datetime | None = None,
    reason: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Append what `by`, a person or a program by its name, did to the account of `person`, now or `at` a given moment.
    `reason`: a person's words. `details`: the facts. TooLong for a long `reason`.

    Queue the email that some kinds need (cases.lifecycle.security_notices). For those, `person` is locked.
    """
    limits.check_length(reason, limits.REASON, field="reason")
    event = AccountEvent.objects.create(
        person=person, kind=kind, at=at or portal_now(), reason=reason, details=details or {}, **actor_columns(by)
    )
    security_notices.queue(event)


def latest_account_events(person: User, *, limit: int) -> Sequence[AccountEvent]:
    """Return the last `limit` events of the account, latest first, each with its facts in words as `said`."""
    events = list(person.account_events.select_related("actor")[:limit])
    name_people(events)
    for event in events:
        event.said = _said(event)
    return events


def identity(person: User) -> dict[str, str]:
    """Return what the history keeps of a name and an address."""
    return {"name": person.get_full_name(), "email": person.email}


def _said(event: AccountEvent) -> str:
    """Say the facts of `event` in words. Empty if there are none, or if a row written by hand lacks them."""
    try:
        return FACTS[event.kind](event) if event.kind in FACTS else ""
    except (KeyError, TypeError, ValueError):
        return ""


def _role(value: str) -> str:
    return str(User.Role(value).label)


def _called(identity: dict[str, str]) -> str:
    return f"{isolated(identity['name'])} <{identity['email']}>".strip()


def _absence(event: AccountEvent) -> str:
    days = days_text(*(dt.date.fromisoformat(event.details[name]) for name in ("first_day", "last_day")))
    return f"{days} → {isolated(event.named['to_technician'])}"


FACTS: dict[str, Callable[[AccountEvent], str]] = {
    Kind.INVITED: lambda event: f"{event.details['email']}, {_role(event.details['role'])}",
    Kind.INVITED_AGAIN: lambda event: str(event.details["email"]),
    Kind.ROLE_CHANGED: lambda event: f"{_role(event.details['from'])} → {_role(event.details['to'])}",
    Kind.CORRECTED: lambda event: f"{_called(event.details['from'])} → {_called(event.details['to'])}",
    Kind.API_TOKEN_CREATED: lambda event: f"{isolated(event.details['name'])} ({event.details['token']})",
    Kind.API_TOKEN_ENDED: lambda event: f"{isolated(event.details['name'])} ({event.details['token']})",
    Kind.CASES_HANDED_OVER: lambda event: f"{event.details['count']} → {isolated(event.named['to_technician'])}",
    Kind.ABSENCE_SET: _absence,
    Kind.ABSENCE_ENDED: _absence,
    Kind.BOUNCE_CLEARED: lambda event: str(event.details["email"]),
    Kind.EMAIL_BOUNCED: lambda event: isolated(event.details["words"]),
    Kind.MAIL_RESENT: lambda event: str(OutgoingEmail.Kind(event.details["kind"]).label),
}
