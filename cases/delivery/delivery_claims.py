"""Claims on deliveries.

A claim is made for one lease and ends with the result of the delivery. A delivery is a row of an outbox
(cases.models.Delivery). Nothing here knows what is delivered, or how: email uses it in `email_claims`. Claiming and
recording are short transactions. Nothing is locked while talking to a server. When a sender dies, its claims can be
claimed again when their lease ends.
"""

import datetime as dt
import uuid
from typing import Any, TypeVar

from django.db.models import Case as Choose
from django.db.models import F, QuerySet, Value, When

from cases.core.clock import portal_now
from cases.models import Delivery

State = Delivery.State
Row = TypeVar("Row", bound=Delivery)

# A sender starts no more deliveries of a claim after this many seconds.
CLAIM_SECONDS = 20


def claimable(rows: QuerySet[Row], now: dt.datetime) -> QuerySet[Row]:
    """Return those of `rows` that may be claimed at the aware datetime `now`: waiting ones, and ended leases."""
    return rows.filter(state__in=[State.WAITING, State.SENDING], next_try__lte=now)


def claim_columns(claim: uuid.UUID, *, until: dt.datetime) -> dict[str, Any]:
    """Return the columns that put rows under `claim` until the aware datetime `until`."""
    return {"state": State.SENDING, "claim": claim, "next_try": until, **interruption()}


def interruption() -> dict[str, Any]:
    """Return the column that says whether a sender let its claim on a claimable row end, because it died."""
    return {"interrupted": Choose(When(state=State.SENDING, then=Value(True)), default=F("interrupted"))}


def held_by(claim: uuid.UUID, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return those of `rows` that `claim` still holds."""
    return rows.filter(state=State.SENDING, claim=claim)


def return_claim(held: QuerySet[Row]) -> None:
    """End the claim on rows that were not tried. They wait again."""
    held.update(state=State.WAITING, next_try=portal_now())


def wait_until(rows: QuerySet[Row], moment: dt.datetime) -> None:
    """Have `rows` wait, untried, until the aware datetime `moment`. They are due then, and not late before that."""
    rows.update(state=State.WAITING, due=moment, next_try=moment, **interruption())


def drop(held: QuerySet[Row], *, reason: str) -> None:
    """End the claim on rows that must no longer be sent."""
    held.update(state=State.DROPPED, last_error=reason)


def mark_undeliverable(held: QuerySet[Row], *, reason: str) -> None:
    """End the claim on rows whose recipient cannot be reached at all."""
    held.update(state=State.UNDELIVERABLE, last_error=reason)
