"""The outbox: claim waiting e-mails, hand them to the SMTP server, record what became of them (DESIGN §4, E-mail)."""

import datetime as dt
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from cases.core.clock import portal_clock, portal_now
from cases.delivery import account_email_queue
from cases.delivery.email_batch import EmailBatch, EmailContext
from cases.delivery.email_kinds import KINDS
from cases.delivery.leases import CLAIM_SECONDS, claim, claimable, drop, mark_undeliverable, record, return_claim
from cases.delivery.transport import DeliveryResult, Outcome, Transport

logger = structlog.get_logger(__name__)

ROWS_PER_CLAIM = 50
# What people may see is asked for a whole claim at once, and again for what is left of it after so long.
CONTEXT_SECONDS = 1
# So many failures of the connection in a row end a run: the server is down, and the next sweep tries again.
MAX_CONNECTION_FAILURES = 3
# Of the cases of a message, a line of the log names so many.
MAX_CASES_LOGGED = 50


@dataclass
class DeliveryReport:
    """What a run of the sender did, in messages."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    has_more: bool = False

    def count(self, outcome: Outcome) -> None:
        """Counts what became of one message."""
        match outcome:
            case Outcome.SENT:
                self.sent += 1
            case Outcome.REJECTED:
                self.failed += 1
            case _:
                self.retried += 1


def is_waiting() -> bool:
    """Whether there is anything to send now. An index probe, and one of a table that is empty as a rule."""
    return claimable(portal_now()).exists() or account_email_queue.has_password_reset_requests()


def deliver(*, seconds: float | None = None, when_more: Callable[[], object] | None = None) -> DeliveryReport:
    """Sends what is waiting until nothing is, or `seconds` have passed (then `has_more` is set), or the server is down.

    `when_more` is called once at most: after a claim that was full, or when the time is over before the work is.
    """
    report = DeliveryReport()
    ends = time.monotonic() + seconds if seconds is not None else math.inf
    account_email_queue.queue_requested_password_resets()
    with Transport() as transport:
        while batches := claim(limit=ROWS_PER_CLAIM):
            full = sum(len(batch.row_ids) for batch in batches) >= ROWS_PER_CLAIM
            _work_through(batches, transport, report, last_start=min(ends, time.monotonic() + CLAIM_SECONDS))
            return_claim(batches)
            if transport.failures_in_a_row >= MAX_CONNECTION_FAILURES:
                break
            report.has_more = time.monotonic() >= ends
            if when_more and (full or report.has_more):
                when_more()
                when_more = None
            if report.has_more:
                break
    return report


def _work_through(
    batches: list[EmailBatch], transport: Transport, report: DeliveryReport, *, last_start: float
) -> None:
    """Sends one of `batches` after the other; leaves in it what could not be begun by `last_start`, or because the
    server is down."""
    loaded_at = -math.inf
    context = EmailContext({}, {})
    now = portal_clock()
    while batches and time.monotonic() < last_start and transport.failures_in_a_row < MAX_CONNECTION_FAILURES:
        if time.monotonic() - loaded_at >= CONTEXT_SECONDS:
            context, loaded_at = EmailContext.load(batches), time.monotonic()
        _send_and_record(batches.pop(0), context, transport, report, now)


def _send_and_record(
    batch: EmailBatch,
    context: EmailContext,
    transport: Transport,
    report: DeliveryReport,
    now: Callable[[], dt.datetime],
) -> None:
    if not _has_present_address(batch, context):
        return_claim([batch])
        return
    if not batch.address:
        mark_undeliverable(batch)
        return
    result = _try(batch, context, transport)
    if result is None:
        return
    record(batch, result, now=now())
    report.count(result.outcome)
    facts = {"message_id": batch.message_id, "kind": batch.kind, "case_ids": batch.case_ids[:MAX_CASES_LOGGED]}
    if result.outcome is Outcome.SENT:
        logger.info("email sent", **facts)
    else:
        logger.warning("email not sent", outcome=result.outcome, why=result.code, **facts)


def _has_present_address(batch: EmailBatch, context: EmailContext) -> bool:
    """Whether the recipient still has the address that the claim found, where that matters."""
    return KINDS[batch.kind].keeps_address or context.people[batch.recipient_id].email == batch.address


def _try(batch: EmailBatch, context: EmailContext, transport: Transport) -> DeliveryResult | None:
    """Writes the message and hands it to the server. None where nothing is to be sent any more."""
    try:
        rendered = KINDS[batch.kind].render(batch, context)
    except Exception as error:  # whatever is wrong with one message must not hold up the others
        logger.exception("e-mail could not be written", message_id=batch.message_id, case_ids=batch.case_ids)
        # Its own words may quote what people wrote.
        return DeliveryResult(Outcome.DEFERRED, f"The message could not be written: {type(error).__name__}")
    if rendered.dropped_rows:
        drop(batch, rendered)
    return transport.send(rendered.message) if rendered.message else None
