"""One connection for many messages, and the replies of mail servers and providers."""

import re
import smtplib
from dataclasses import replace
from types import TracebackType
from typing import Self

import structlog
from django.core.mail import EmailMessage, get_connection

from cases.core.safe_errors import describe
from cases.delivery.bounce_report import BounceReport, read_refusal
from cases.delivery.results import SENDER_REFUSED, DeliveryResult, Outcome

logger = structlog.get_logger(__name__)

# Many servers close a connection after a hundred messages. It is better to close it between two messages than during
# one.
MESSAGES_PER_CONNECTION = 100
# The status for an invalid address (RFC 3463).
INVALID_ADDRESS = "5.1.3"
# The reply to a message that is too large. It may come with the sender, whose command says how large the message is.
TOO_LARGE = 552
# A permanent reply about the sender that comes later. Postfix waits for the recipient, Exchange for the message.
SENDER = re.compile(r"^5\d\d[ -]5\.(1\.[78]|7\.60)(?![\d.])|^5\d\d .*\bsender address rejected\b", re.IGNORECASE)
# A passing answer to the sender's command that is about the server itself: its disk is full, or it has an error.
OF_SERVER = re.compile(r"^4\d\d[ -]4\.3\.|^45[12] (?!4\.)")
# How providers name the sender, in the first LOOKED_AT characters of their answers.
PROVIDERS_SENDER = re.compile(
    r"['\"`]from\b|\bfrom (address|email|field|parameter)\b|\bsender\b|\bsending domain\b", re.IGNORECASE
)
LOOKED_AT = 2_000


class Transport:
    """A connection by Django's email settings. It opens for the first message, and again after a failure."""

    def __init__(self) -> None:
        self._connection = get_connection()
        self._messages = 0
        self.failures_in_a_row = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, message: EmailMessage) -> DeliveryResult:
        """Hand `message` to the server. Expected failures are returned as a result, not raised."""
        result = self._send(message)
        if result.outcome is Outcome.UNREACHABLE:
            self.failures_in_a_row += 1
            self._close()
        else:
            self.failures_in_a_row = 0
        return result

    def _send(self, message: EmailMessage) -> DeliveryResult:
        if self._messages >= MESSAGES_PER_CONNECTION:
            self._close()
        try:
            self._connection.open()
        except (smtplib.SMTPException, OSError) as error:
            return DeliveryResult(Outcome.UNREACHABLE, f"{type(error).__name__}: {error}")
        except UnicodeError as error:  # a host, a user or a password that can't be sent; the error quotes it
            return DeliveryResult(Outcome.UNREACHABLE, describe(error))
        self._messages += 1
        try:
            self._connection.send_messages([message])
        except (smtplib.SMTPException, OSError) as error:
            return _by_error(error)
        except Exception as error:  # the email library fails in many ways on odd addresses and headers
            if refused := _by_provider_status(message):
                return refused
            logger.exception("email could not be sent", message_id=message.extra_headers.get("Message-ID"))
            return DeliveryResult(Outcome.REJECTED, describe(error))
        return DeliveryResult(Outcome.SENT)

    def _close(self) -> None:
        self._messages = 0
        try:
            self._connection.close()
        except (smtplib.SMTPException, OSError):
            # A connection that cannot be closed is replaced.
            self._connection = get_connection()


def _by_error(error: smtplib.SMTPException | OSError) -> DeliveryResult:
    """Return what an error means that a server or provider reports after it has begun to accept the message."""
    match error:
        case smtplib.SMTPNotSupportedError():
            return DeliveryResult(Outcome.REJECTED, f"{type(error).__name__}: {error}")
        case smtplib.SMTPRecipientsRefused():
            ((code, text),) = list(error.recipients.values())[:1]
            answer = _by_code(code, text)
            return _of_sender(answer) if SENDER.search(answer.error) else _of_recipient(answer)
        case smtplib.SMTPSenderRefused():
            answer = _by_code(error.smtp_code, error.smtp_error)
            return _of_sender(answer, is_final=error.smtp_code == TOO_LARGE)
        case smtplib.SMTPDataError() | smtplib.SMTPHeloError():
            answer = _by_code(error.smtp_code, error.smtp_error)
            return _of_sender(answer) if SENDER.search(answer.error) else answer
    if status := getattr(error, "status_code", None):
        answer = _by_http_status(int(status))
        return _of_sender(answer) if _names_sender(error) else answer
    is_answer = isinstance(error, smtplib.SMTPResponseException)
    return DeliveryResult(Outcome.UNREACHABLE, f"{type(error).__name__}: {error}", in_doubt=not is_answer)


def _by_http_status(status: int) -> DeliveryResult:
    """Return what a provider's answer means. Its words may quote the message, so only the number is kept."""
    is_about_message = status in (400, 406, 413, 422)
    return DeliveryResult(Outcome.REJECTED if is_about_message else Outcome.UNREACHABLE, f"{status} from the provider")


def _names_sender(error: OSError) -> bool:
    """Tell whether a provider's answer is about the sender: not verified, or no address at all."""
    answer = getattr(error, "response", None)
    return bool(PROVIDERS_SENDER.search(str(getattr(answer, "text", ""))[:LOOKED_AT]))


def _by_provider_status(message: EmailMessage) -> DeliveryResult | None:
    """Return what the provider said about the single recipient, in django-anymail's terms, or None if it accepted it.

    `rejected` means that the provider no longer sends to an address, because it bounced once or its owner complained.
    """
    statuses: set[str] = getattr(getattr(message, "anymail_status", None), "status", None) or set()
    if not statuses or not statuses <= {"invalid", "rejected"}:
        return None
    words = f"{', '.join(sorted(statuses))}: from the provider"
    refusal = BounceReport.of(INVALID_ADDRESS, words) if "invalid" in statuses else None
    return DeliveryResult(Outcome.REJECTED, words, refusal=refusal)


def _of_recipient(answer: DeliveryResult) -> DeliveryResult:
    return replace(answer, refusal=read_refusal(answer.error))


def _of_sender(answer: DeliveryResult, *, is_final: bool = False) -> DeliveryResult:
    """Return what a reply about our sender means.

    A wrong setting has every message refused and may be corrected at any time, so the message is retried at growing
    intervals and given up like one that a recipient keeps deferring. The same applies to a sender who sends too much
    for a while. A server that reports trouble of its own accepts nothing.
    """
    outcome = answer.outcome
    if outcome is Outcome.REJECTED and not is_final:
        outcome = Outcome.DEFERRED
    elif outcome is Outcome.DEFERRED and OF_SERVER.search(answer.error):
        outcome = Outcome.UNREACHABLE
    return DeliveryResult(outcome, f"{SENDER_REFUSED}: {answer.error}")


def _by_code(code: int, text: bytes | str) -> DeliveryResult:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    if code == 421:  # the server closes the connection; it says nothing about the message
        return DeliveryResult(Outcome.UNREACHABLE, f"{code} {words}")
    return DeliveryResult(Outcome.REJECTED if 500 <= code < 600 else Outcome.DEFERRED, f"{code} {words}")
