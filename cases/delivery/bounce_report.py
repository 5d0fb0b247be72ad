"""Read what a mail server says about a message that it does not deliver: in a report (RFC 3464), or during sending."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from typing import cast

from cases.core import limits
from cases.core.safe_errors import without_addresses
from cases.core.text import clean_line

# After that comes the returned message, which is not read.
MAX_BYTES = 256_000
# Not a number within an IP address.
STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?!\.?\d)")
# Permanent by their number, but not about the address: a full mailbox, a message rejected for its content, how it was
# sent or its sender, and a mail system that accepts nothing.
SOFT = re.compile(r"5\.(1\.[078]|2\.[23]|[3567]\.\d+)$")
# The reply to RCPT: a reply code, and a status of the same class about the recipient's mailbox.
REFUSAL = re.compile(r"\b([45])\d\d[ -](\1\.(?:1\.(?:[1-6]|10)|2\.[0-4]))(?![\d.])")


@dataclass(frozen=True)
class BounceReport:
    """A message was not delivered, and the server has stopped trying. `words` are its own, without addresses."""

    is_hard: bool
    status: str
    words: str

    @classmethod
    def of(cls, status: str, words: str) -> "BounceReport":
        """Return the report that a server gave with `status`, such as 5.1.1."""
        is_hard = status.startswith("5.") and not SOFT.match(status)
        told = without_addresses(clean_line(words))
        return cls(is_hard, status, (told or status)[: limits.SERVER_WORDS])


def parse(raw: bytes) -> Message | None:
    """Return the beginning of a message, or None if it can't be read at all."""
    try:
        return message_from_bytes(raw[:MAX_BYTES])
    except (MessageError, ValueError, LookupError, RecursionError):
        return None


def read_report(message: Message) -> BounceReport | None:
    """Return what `message` reports, or None if it does not report a failed delivery, such as a delay or an automatic
    reply."""
    if message.get_content_type() != "multipart/report":
        return None
    for fields in _recipients(message):
        if str(fields.get("Action", "")).strip().lower() == "failed":
            found = STATUS.search(str(fields.get("Status", "")))
            words = str(fields.get("Diagnostic-Code", "")).partition(";")
            return BounceReport.of(found[0] if found else "", words[2] or words[0])
    return None


def read_refusal(words: str) -> BounceReport | None:
    """Return what a server says about the mailbox of a recipient that it rejects with `words`, such as 550 5.1.1.

    None if it is about something else: policy, the sender, or no status at all, which is often about spam.
    """
    found = REFUSAL.search(words[: limits.SERVER_WORDS])
    return BounceReport.of(found[2], words) if found else None


def _recipients(message: Message) -> Iterator[Message]:
    """Yield the fields about each recipient. The first block is about the message."""
    for part in _parts(message):
        if part.get_content_type() == "message/delivery-status":
            yield from _parts(part)


def _parts(message: Message) -> list[Message]:
    """Return the parts of `message`. Its text is not read: to decode one may fail, by a charset that is no name."""
    parts = message.get_payload() if message.is_multipart() else []
    return [part for part in cast(list[object], parts) if isinstance(part, Message)]
