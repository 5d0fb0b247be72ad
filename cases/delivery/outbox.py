"""The outbox: claim waiting emails, hand them to the SMTP server, record what became of them (docs/rules.md, 12)."""

import datetime as dt
import math
import time
from collections.abc import Callable

import structlog

from cases.core.clock import portal_clock, portal_now
from cases.delivery import account_email_queue, envelope, mail_hours
from cases.delivery.delivery_claims import CLAIM_SECONDS
from cases.delivery.email_batch import EmailBatch, EmailContext
from cases.delivery.email_claims import claim, claimable, drop, mark_undeliverable, record, return_claim
from cases.delivery.email_kinds import KINDS
from cases.delivery.rejected_mailboxes import record_refusal
from cases.delivery.results import ACCOUNT_DEACTIVATED, NO_ADDRESS, DeliveryReport, DeliveryResult, Outcome
from cases.delivery.transport import Transport

logger = structlog.get_logger(__name__)

ROWS_PER_CLAIM = 50
# What members may see is read for a whole claim. After this long, it is read again for what is left of it.
CONTEXT_SECONDS = 1
# The number of connection failures in a row that end a run: the server is down, and the next sweep tries again.
MAX_CONNECTION_FAILURES = 3
# The most cases of a message that a log line names.
MAX_CASES_LOGGED = 50


def is_waiting() -> bool:
    """Tell whether anything can be sent now. Takes an index probe, and one of a table that is usually empty."""
    return claimable(portal_now()).exists() or account_email_queue.has_password_reset_requests()


def deliver(*, seconds: float | None = None, when_more: Callable[[], object] | None = None) -> DeliveryReport:
    """Send waiting emails until there are none, the server is down, or `seconds` have passed (`has_more` is set then).

    Calls `when_more` at most once: after a full claim, or when the time is over before the work.
    """
    report = DeliveryReport()
    ends = time.monotonic() + seconds if seconds is not None else math.inf
    account_email_queue.queue_requested_password_resets()
    with Transport() as transport:
        while batches := claim(limit=ROWS_PER_CLAIM):
            is_full = sum(len(batch.row_ids) for batch in batches) >= ROWS_PER_CLAIM
            _send_until(min(ends, time.monotonic() + CLAIM_SECONDS), batches, transport, report)
            return_claim(batches)
            if _is_down(transport):
                break
            report.has_more = time.monotonic() >= ends
            if when_more and (is_full or report.has_more):
                when_more()
                when_more = None
            if report.has_more:
                break
    return report


def _send_until(last_start: float, batches: list[EmailBatch], transport: Transport, report: DeliveryReport) -> None:
    """Send `batches` one by one. Leave in the list those not started in time, or not started because the server is
    down."""
    loaded_at = -math.inf
    context = EmailContext({}, {})
    now = portal_clock()
    while batches and time.monotonic() < last_start and not _is_down(transport):
        if time.monotonic() - loaded_at >= CONTEXT_SECONDS:
            context, loaded_at = EmailContext.load(batches), time.monotonic()
        batch = batches.pop(0)
        if result := _send_and_record(batch, context, transport, now):
            report.count(result.outcome)


def _is_down(transport: Transport) -> bool:
    return transport.failures_in_a_row >= MAX_CONNECTION_FAILURES


def _send_and_record(
    batch: EmailBatch, context: EmailContext, transport: Transport, now: Callable[[], dt.datetime]
) -> DeliveryResult | None:
    """Send the message of `batch` and end its claim. Return the result, or None if nothing was tried."""
    must_wait = mail_hours.must_wait(batch.kind, context.people[batch.recipient_id], now())
    if must_wait or not _has_present_address(batch, context):
        return_claim([batch])
        return None
    if why := _why_undeliverable(batch, context):
        mark_undeliverable(batch, reason=why)
        return None
    left, result = _send(batch, context, transport)
    if result:
        _record(left, result, now())
    return result


def _record(batch: EmailBatch, result: DeliveryResult, now: dt.datetime) -> None:
    record(batch, result, now=now)
    if result.refusal:
        record_refusal(batch, result.refusal)
    _log(batch, result)


def _has_present_address(batch: EmailBatch, context: EmailContext) -> bool:
    """Tell whether the recipient still has the address of the claim, for kinds where that matters."""
    return KINDS[batch.kind].keeps_address or context.people[batch.recipient_id].email == batch.address


def _why_undeliverable(batch: EmailBatch, context: EmailContext) -> str:
    """Return why nothing can be sent to the recipient now, or nothing. It can be resent once that has changed."""
    if not batch.address:
        return NO_ADDRESS
    is_owed = KINDS[batch.kind].is_owed
    return ACCOUNT_DEACTIVATED if is_owed and not context.people[batch.recipient_id].is_active else ""


def _send(batch: EmailBatch, context: EmailContext, transport: Transport) -> tuple[EmailBatch, DeliveryResult | None]:
    """Render the message and hand it to the server.

    Return the part of `batch` that was sent, and the result. The result is None if nothing must be sent anymore. A
    dropped row signs no message, because its bounce would be about an email that was never sent.
    """
    try:
        rendered = KINDS[batch.kind].render(batch, context)
    except Exception as error:  # whatever is wrong with one message must not stop the others
        logger.exception("email could not be written", message_id=batch.message_id, case_ids=batch.case_ids)
        # The text of the error may quote what people wrote.
        return batch, DeliveryResult(Outcome.DEFERRED, f"The message could not be written: {type(error).__name__}")
    if rendered.dropped_rows:
        drop(batch, rendered)
    left = batch.without(rendered.dropped_rows)
    if not rendered.message:
        return left, None
    envelope.sign(rendered.message, left)
    return left, transport.send(rendered.message)


def _log(batch: EmailBatch, result: DeliveryResult) -> None:
    facts = {"message_id": batch.message_id, "kind": batch.kind, "case_ids": batch.case_ids[:MAX_CASES_LOGGED]}
    if result.outcome is Outcome.SENT:
        logger.info("email sent", **facts)
    else:
        logger.warning("email not sent", outcome=result.outcome, why=result.code, **facts)
