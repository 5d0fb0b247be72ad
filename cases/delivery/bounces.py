"""Record that a message came back: on its email, and on the person whose address doesn't work."""

import datetime as dt
from collections.abc import Iterable, Iterator
from email.message import Message
from enum import StrEnum

import structlog
from django.db import transaction

from cases.core.clock import portal_now
from cases.core.email_addresses import canonical
from cases.delivery.bounce_report import BounceReport, parse, read_report
from cases.delivery.envelope import SignedRow
from cases.lifecycle import account_history
from cases.lifecycle.locking import lock_people_by_key
from cases.models import AccountEvent, OutgoingEmail, User
from cases.models.delivery import OPEN

logger = structlog.get_logger(__name__)
State = OutgoingEmail.State

# How many messages in a row, each returned for a temporary reason, count as a permanent failure.
SOFT_IN_A_ROW = 3
# How many of the latest messages are checked for such a series. Those sent last may still come back.
LOOKED_AT = 8
# Where mail systems write the address to which a message was delivered. `To` is for reports.
RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
MAX_HEADERS = 20


class Received(StrEnum):
    """What became of a message that arrived as a bounce."""

    RECORDED = "recorded"
    KNOWN = "known"  # recorded before, or about a message that no longer matters
    UNSIGNED = "unsigned"  # no address in it was signed by the portal
    NO_REPORT = "no report"  # it doesn't say that a delivery failed


def receive_message(raw: bytes, recipients: Iterable[str] = (), *, by: str) -> Received:
    """Record what the message `raw` reports. `recipients` are the addresses it came to, if known. Otherwise its headers
    say.

    `by` names the program for the history. An unreadable message does not count as a report.
    """
    message = parse(raw)
    report = read_report(message) if message else None
    if message is None or report is None:
        return Received.NO_REPORT
    for address in (*recipients, *_addresses_in(message)):
        signed = SignedRow.read(address)
        if signed and is_ours(signed):
            return record_bounce(signed, report, by=by)
    return Received.UNSIGNED


def is_ours(signed: SignedRow) -> bool:
    """Tell whether the portal signed it for the current message of its email. One lookup by key."""
    found = OutgoingEmail.objects.filter(pk=signed.row_id).values_list("message_id", flat=True).first()
    return found is not None and signed.is_valid(found)


@transaction.atomic
def record_bounce(signed: SignedRow, report: BounceReport, *, by: str) -> Received:
    """Record that the message that `signed` names came back. A second report of the same message changes nothing.

    Its emails become undeliverable. The address of the person is marked after a hard bounce, and after SOFT_IN_A_ROW
    others, unless the person has another one by now.
    """
    recipient = OutgoingEmail.objects.filter(pk=signed.row_id).values_list("recipient_id", flat=True).first()
    if recipient is None:
        return Received.UNSIGNED
    # As a claim does: what is sent to a person, and to which address, changes for one transaction at a time.
    person = lock_people_by_key({recipient})[recipient]
    email = OutgoingEmail.objects.get(pk=signed.row_id)
    if not signed.is_valid(email.message_id):
        return Received.UNSIGNED
    now = portal_now()
    if not _mark_message(email, report, now):
        return Received.KNOWN
    is_present = canonical(email.address) == person.email_canonical
    if is_present and not person.email_bounced and (report.is_hard or _is_last_of_a_row(email)):
        mark_address(person, report, by=by, now=now)
    facts = {"message_id": email.message_id, "kind": email.kind, "status": report.status}
    transaction.on_commit(lambda: logger.warning("email came back", **facts), robust=True)
    return Received.RECORDED


def mark_address(person: User, report: BounceReport, *, by: str, now: dt.datetime) -> None:
    """Mark the address of the locked `person`: email to it doesn't arrive. Only staff see the words."""
    person.email_bounced, person.email_bounce_words = now, report.words
    person.save(update_fields=["email_bounced", "email_bounce_words"])
    account_history.record(person, AccountEvent.Kind.EMAIL_BOUNCED, by=by, details={"words": report.words})


def _addresses_in(message: Message) -> Iterator[str]:
    for name in RECIPIENT_HEADERS:
        yield from (str(value) for value in message.get_all(name, [])[:MAX_HEADERS])


def _mark_message(email: OutgoingEmail, report: BounceReport, now: dt.datetime) -> int:
    """Mark the emails of the message of `email` as undeliverable.

    Return how many were not marked before. A server may be so fast that its reply to the sender isn't recorded yet.
    """
    same = OutgoingEmail.objects.filter(recipient_id=email.recipient_id, message_id=email.message_id)
    sent = same.filter(state=State.SENT, sent=email.sent) if email.sent else same.filter(OPEN)
    return sent.update(state=State.UNDELIVERABLE, last_error=report.words, sent=email.sent or now)


def _is_last_of_a_row(email: OutgoingEmail) -> bool:
    """Tell whether the last SOFT_IN_A_ROW messages to the address of `email`, up to one that came back, all did.

    Takes one index probe for each message. Messages after the last one that came back may still come back, so they
    don't count.
    """
    sent = OutgoingEmail.objects.filter(recipient_id=email.recipient_id, sent__isnull=False).order_by("-sent")
    before: dict[str, object] = {}
    came_back = 0
    for _ in range(LOOKED_AT):
        message = sent.filter(**before).only("address", "state", "sent").first()
        if message is None or message.address != email.address:
            return False
        # Dropped: a new link was requested since, or the release was recalled.
        if message.state in (State.UNDELIVERABLE, State.DROPPED):
            came_back += 1
        elif came_back:
            return False
        if came_back == SOFT_IN_A_ROW:
            return True
        before = {"sent__lt": message.sent}
    return False
