"""Mark an address when a mail server rejects its mailbox during sending, just as a later bounce would."""

import structlog
from django.db import transaction

from cases.core.clock import portal_now
from cases.core.email_addresses import canonical
from cases.db.retry import retry_until_stored
from cases.delivery.bounce_report import BounceReport, read_refusal
from cases.delivery.bounces import SOFT_IN_A_ROW, mark_address
from cases.delivery.email_batch import EmailBatch
from cases.delivery.email_claims import lease
from cases.delivery.results import SENDER_REFUSED
from cases.lifecycle.locking import lock_people_by_key
from cases.models import OutgoingEmail
from cases.models.delivery import GIVEN_UP

logger = structlog.get_logger(__name__)
State = OutgoingEmail.State

NAME = "email sender"
# The number of rows to check. A message about several cases has several.
LOOKED_AT = 100


@retry_until_stored(lease)
@transaction.atomic
def record_refusal(batch: EmailBatch, refusal: BounceReport) -> None:
    """Mark the address of `batch`, which has failed because the server rejected the mailbox: immediately if the mailbox
    doesn't exist, or after SOFT_IN_A_ROW messages if the reason may be temporary.

    Nothing happens while the message is being retried, or if the person has another address.
    """
    person = lock_people_by_key({batch.recipient_id})[batch.recipient_id]
    email = OutgoingEmail.objects.filter(pk=batch.row_ids[0], message_id=batch.message_id, state=State.FAILED).first()
    if email is None or person.email_bounced or canonical(email.address) != person.email_canonical:
        return
    if refusal.is_hard or _is_last_of_a_row(email):
        mark_address(person, refusal, by=NAME, now=portal_now())
        facts = {"message_id": email.message_id, "kind": email.kind, "status": refusal.status}
        transaction.on_commit(lambda: logger.warning("email address refused", **facts), robust=True)


def _is_last_of_a_row(email: OutgoingEmail) -> bool:
    """Tell whether the last SOFT_IN_A_ROW messages to the address of `email` were rejected. Two reads along an
    index."""
    same = OutgoingEmail.objects.filter(recipient_id=email.recipient_id, address=email.address)
    arrived = same.filter(state=State.SENT, sent__isnull=False).order_by("-sent").values_list("sent", flat=True).first()
    given_up = OutgoingEmail.objects.filter(recipient_id=email.recipient_id, state__in=GIVEN_UP).order_by("-pk")
    rows = given_up.values_list("message_id", "address", "next_try", "last_error")[:LOOKED_AT]
    refused = {
        message_id
        for message_id, address, tried, words in rows
        if address == email.address and _is_about_mailbox(words) and not (arrived and tried < arrived)
    }
    return len(refused) >= SOFT_IN_A_ROW


def _is_about_mailbox(words: str) -> bool:
    return SENDER_REFUSED not in words and read_refusal(words) is not None
