"""Envelope senders that are signed per message (VERP).

A bounce returns to one of them and so identifies its email. The signature covers the row and the Message-ID. So no one
can forge a bounce, and the bounce of an earlier message, such as one to a former address, no longer counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from cases.core import limits
from cases.delivery.email_batch import EmailBatch
from cases.delivery.email_message import Message

# The name under which a provider gets it and returns it with each event.
METADATA_KEY = "bounce"
SALT = "cases.delivery.envelope"
SIGNATURE_LENGTH = 24
# Mail servers may change the case of letters.
SIGNED = re.compile(rf"\bb-(\d{{1,{limits.KEY_DIGITS}}})-([0-9a-f]{{{SIGNATURE_LENGTH}}})(?:@|$)", re.IGNORECASE)


@dataclass(frozen=True)
class SignedRow:
    """What an envelope sender says: the key of an outgoing email, and a signature to check."""

    row_id: int
    signature: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what an address, or a header with one, says, or None if it is not one of our envelope senders."""
        found = SIGNED.search(text[: limits.PARAMETER])
        return cls(int(found[1]), found[2].lower()) if found else None

    def is_valid(self, message_id: str) -> bool:
        """Tell whether the portal signed this for the message that the row is now."""
        good = _signatures(self.row_id, message_id)
        return bool(message_id) and any(constant_time_compare(self.signature, signature) for signature in good)


def sign(message: Message, batch: EmailBatch) -> None:
    """Have bounces of `message` identify `batch`, by its envelope sender or by what the provider stores with it."""
    if sender := sender_of(batch):
        message.leave_as(sender)
    if settings.EMAIL_PROVIDER:
        message.metadata = {METADATA_KEY: local_part(batch.row_ids[0], batch.message_id)}


def local_part(row_id: int, message_id: str) -> str:
    """Return what identifies a message by one of its rows, and what only the portal can make."""
    return f"b-{row_id}-{next(_signatures(row_id, message_id))}"


def sender_of(batch: EmailBatch) -> str:
    """Return the envelope sender of the message of `batch`, or an empty string if BOUNCE_DOMAIN is empty."""
    if not settings.BOUNCE_DOMAIN:
        return ""
    return f"{local_part(batch.row_ids[0], batch.message_id)}@{settings.BOUNCE_DOMAIN}"


def _signatures(row_id: int, message_id: str) -> Iterator[str]:
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        signed = salted_hmac(SALT, f"{row_id} {message_id}", secret=secret, algorithm="sha256")
        yield signed.hexdigest()[:SIGNATURE_LENGTH]
