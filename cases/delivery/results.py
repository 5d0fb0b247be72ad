"""What became of a delivery, and of a run of them."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_noop as _noop

from cases.core import limits
from cases.core.safe_errors import without_addresses
from cases.delivery.bounce_report import BounceReport

# Why an email is undeliverable before it was tried.
NO_ADDRESS = _noop("The member has no email address.")
ACCOUNT_DEACTIVATED = _noop("The member's account is deactivated.")
# If the server rejected our sender, the error of a message begins with this, or has it after the number of attempts.
SENDER_REFUSED = "SMTPSenderRefused"


class Outcome(StrEnum):
    """What became of one delivery, in SMTP's words."""

    SENT = "sent"
    REJECTED = "rejected"  # permanently: this recipient or this message (5xx)
    DEFERRED = "deferred"  # for now: this recipient or this message (4xx)
    UNREACHABLE = "unreachable"  # nothing was said about this message: network, timeout, login


@dataclass(frozen=True)
class DeliveryResult:
    """The outcome of one delivery, and the message of a server that did not accept it.

    `in_doubt`: the connection was lost after the delivery began, so the server may have accepted it. `refusal`: what
    the server said about the recipient's mailbox, if it rejected that and not the message.
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
        """The server's code, or the type of the error, which a log line may contain."""
        return self.error.partition(" ")[0].rstrip(":")


@dataclass
class DeliveryReport:
    """What a run did, in messages. `has_more`: it ended before everything was sent."""

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
