"""When a claimed delivery that failed is retried, and when it is given up (claims: cases.delivery.delivery_claims)."""

import datetime as dt
from typing import TypeVar

from django.db.models import F, QuerySet

from cases.db.backoff import Backoff
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import Delivery

State = Delivery.State
Row = TypeVar("Row", bound=Delivery)

# The number of deferrals after which a delivery is given up: about two days.
MAX_DEFERRALS = 18
DEFERRED_RETRY = Backoff(first=dt.timedelta(seconds=20), longest=dt.timedelta(hours=6), jitter=0.25)
# Often enough to notice soon that a server is back.
UNREACHABLE_RETRY = Backoff(first=dt.timedelta(seconds=30), longest=dt.timedelta(seconds=30), jitter=0.25)


def record_failure(held: QuerySet[Row], result: DeliveryResult, *, deferrals: int, now: dt.datetime) -> None:
    """End the claim on rows that were tried at `now` and not accepted.

    `deferrals` is how often they were deferred before. A rejected delivery fails. A deferred one is retried at growing
    intervals, until MAX_DEFERRALS.
    """
    answered = {"attempts": F("attempts") + 1, "last_error": result.error}
    in_doubt = {"interrupted": True} if result.in_doubt else {}
    match result.outcome:
        case Outcome.REJECTED:
            held.update(state=State.FAILED, **answered)
        case Outcome.DEFERRED if deferrals + 1 >= MAX_DEFERRALS:
            error = f"Given up after {MAX_DEFERRALS} tries: {result.error}"
            held.update(state=State.FAILED, **answered | {"last_error": error})
        case Outcome.DEFERRED:
            next_try = now + DEFERRED_RETRY.delay(deferrals)
            held.update(state=State.WAITING, deferrals=F("deferrals") + 1, next_try=next_try, **answered)
        case Outcome.UNREACHABLE:
            # Nothing was said about this delivery, so it doesn't count as an attempt: our own server never makes us
            # give up.
            next_try = now + UNREACHABLE_RETRY.delay(0)
            held.update(state=State.WAITING, next_try=next_try, last_error=result.error, **in_doubt)
        case Outcome.SENT:
            raise ValueError("A delivery that was sent is no failure.")
