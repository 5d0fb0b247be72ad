"""The outbox: claim waiting e-mails, hand them to the SMTP server, record what became of them (DESIGN §4, E-mail)."""

import datetime as dt
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from cases.core.clock import portal_clock, portal_now
from cases.delivery import account_email_queue
from cases.delivery.email_batch import Parcel, Sight
from cases.delivery.email_kinds import KINDS
from cases.delivery.leases import CLAIM_SECONDS, claim, claimable, drop, give_back, give_up_without_address, record
from cases.delivery.transport import Outcome, Transport, Verdict

logger = structlog.get_logger(__name__)

PARCELS_PER_CLAIM = 50
# What people may see is asked for a whole claim at once, and again for what is left of it after so long.
LOOK_SECONDS = 1
# So many failures of the connection in a row end a run: the server is down, and the next sweep tries again.
PATIENCE = 3
# Of the cases of a message, a line of the log names so many.
LOGGED = 50


@dataclass
class Tally:
    """What a run of the sender did, in messages."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    more: bool = False

    def count(self, outcome: Outcome) -> None:
        """Counts what became of one message."""
        match outcome:
            case Outcome.SENT:
                self.sent += 1
            case Outcome.REFUSED:
                self.failed += 1
            case _:
                self.retried += 1


def is_waiting() -> bool:
    """Whether there is anything to send now. An index probe, and one of a table that is empty as a rule."""
    return claimable(portal_now()).exists() or account_email_queue.is_asked()


def deliver(*, seconds: float | None = None, when_more: Callable[[], object] | None = None) -> Tally:
    """Sends what is waiting until nothing is, or `seconds` have passed (then `more` is set), or the server is down.

    `when_more` is called once at most: after a claim that was full, or when the time is over before the work is.
    """
    tally = Tally()
    ends = time.monotonic() + seconds if seconds is not None else math.inf
    account_email_queue.take_up_password_resets()
    with Transport() as transport:
        while parcels := claim(limit=PARCELS_PER_CLAIM):
            full = sum(len(parcel.row_ids) for parcel in parcels) >= PARCELS_PER_CLAIM
            _work_through(parcels, transport, tally, last_start=min(ends, time.monotonic() + CLAIM_SECONDS))
            give_back(parcels)
            if transport.failures_in_a_row >= PATIENCE:
                break
            tally.more = time.monotonic() >= ends
            if when_more and (full or tally.more):
                when_more()
                when_more = None
            if tally.more:
                break
    return tally


def _work_through(parcels: list[Parcel], transport: Transport, tally: Tally, *, last_start: float) -> None:
    """Sends one of `parcels` after the other; leaves in it what could not be begun by `last_start`, or because the
    server is down."""
    looked = -math.inf
    sight = Sight({}, {})
    now = portal_clock()
    while parcels and time.monotonic() < last_start and transport.failures_in_a_row < PATIENCE:
        if time.monotonic() - looked >= LOOK_SECONDS:
            sight, looked = Sight.of(parcels), time.monotonic()
        _send_and_record(parcels.pop(0), sight, transport, tally, now)


def _send_and_record(
    parcel: Parcel, sight: Sight, transport: Transport, tally: Tally, now: Callable[[], dt.datetime]
) -> None:
    if not _has_present_address(parcel, sight):
        give_back([parcel])
        return
    if not parcel.address:
        give_up_without_address(parcel)
        return
    verdict = _try(parcel, sight, transport)
    if verdict is None:
        return
    record(parcel, verdict, now=now())
    tally.count(verdict.outcome)
    facts = {"message_id": parcel.message_id, "kind": parcel.kind, "case_ids": parcel.case_ids[:LOGGED]}
    if verdict.outcome is Outcome.SENT:
        logger.info("email sent", **facts)
    else:
        logger.warning("email not sent", outcome=verdict.outcome, why=verdict.why, **facts)


def _has_present_address(parcel: Parcel, sight: Sight) -> bool:
    """Whether the recipient still has the address that the claim found, where that matters."""
    return KINDS[parcel.kind].keeps_address or sight.people[parcel.recipient_id].email == parcel.address


def _try(parcel: Parcel, sight: Sight, transport: Transport) -> Verdict | None:
    """Writes the message and hands it to the server. None where nothing is to be sent any more."""
    try:
        written = KINDS[parcel.kind].write(parcel, sight)
    except Exception as error:  # whatever is wrong with one message must not hold up the others
        logger.exception("e-mail could not be written", message_id=parcel.message_id, case_ids=parcel.case_ids)
        # Its own words may quote what people wrote.
        return Verdict(Outcome.LATER, f"The message could not be written: {type(error).__name__}")
    if written.left_out:
        drop(parcel, written)
    return transport.send(written.message) if written.message else None
