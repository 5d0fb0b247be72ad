"""What became of a delivery, and of a run of them."""

from dataclasses import dataclass
from enum import StrEnum

from cases.core import limits
from cases.core.safe_errors import without_addresses
from cases.delivery.bounce_report import BounceReport

# The error of a message begins with it, or says it after how often it was tried, if the server refused our sender.
SENDER_REFUSED = "SMTPSenderRefused"


class Outcome(StrEnum):
    """What became of one delivery, in SMTP's words."""

    SENT = "sent"
    REJECTED = "rejected"  # permanently: this recipient or this message (5xx)
    DEFERRED = "deferred"  # for now: this recipient or this message (4xx)
    UNREACHABLE = "unreachable"  # nothing was said about this message: network, timeout, login


@dataclass(frozen=True)
class DeliveryResult:
    """The outcome of one delivery, and the words of the server that did not take it.

    `in_doubt`: the connection was lost after the delivery was begun, so that the server may have taken it.
    `refusal`: what the server said of the recipient's mailbox, where it refused that and not the message.
    """

    outcome: Outcome
    error: str = ""
    in_doubt: bool = False
    refusal: BounceReport | None = None

    def __post_init__(self) -> None:
        # A server may say any number of lines, and quote the address. The limit leaves room in Delivery.last_error.
        object.__setattr__(self, "error", without_addresses(self.error)[: limits.SERVER_WORDS])

    @property
    def code(self) -> str:
        """The server's code, or the type of the error: what a log line may say."""
        return self.error.partition(" ")[0].rstrip(":")


@dataclass
class DeliveryReport:
    """What a run did, in messages. `has_more`: it ended before its work."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    has_more: bool = False

    def count(self, outcome: Outcome) -> None:
        """Count what became of one message."""
        match outcome:
            case Outcome.SENT:
                self.sent += 1
            case Outcome.REJECTED:
                self.failed += 1
            case _:
                self.retried += 1
