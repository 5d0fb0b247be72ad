"""Reads delivery status notifications (RFC 3464): what a mail server says of a message that it could not deliver."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message

from cases.core import limits
from cases.core.safe_errors import without_addresses
from cases.core.text import clean_line

# What follows is the message that came back, which nobody reads.
MAX_BYTES = 256_000
STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
# Permanent by their number, but not for good: a full mailbox, and a message refused for what it says or who sends it.
SOFT = re.compile(r"5\.(2\.2|7\.\d+)$")


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
    """Return the beginning of a message. None where it can't be read at all."""
    try:
        return message_from_bytes(raw[:MAX_BYTES])
    except (MessageError, ValueError, LookupError, RecursionError):
        return None


def read_report(message: Message) -> BounceReport | None:
    """Return what `message` reports. None where it is no report of a failed delivery: a delay, an automatic reply."""
    if message.get_content_type() != "multipart/report":
        return None
    for fields in _recipients(message):
        if str(fields.get("Action", "")).strip().lower() == "failed":
            found = STATUS.search(str(fields.get("Status", "")))
            words = str(fields.get("Diagnostic-Code", "")).partition(";")
            return BounceReport.of(found[0] if found else "", words[2] or words[0])
    return None


def _recipients(message: Message) -> Iterator[Message]:
    """Yield the fields about each recipient. The first block is about the message."""
    parts = message.get_payload()
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, Message) and part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            yield from (block for block in (blocks if isinstance(blocks, list) else []) if isinstance(block, Message))
