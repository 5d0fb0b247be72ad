"""The email message of the portal: a one-line subject, and domains by IDNA 2008."""

import re
import uuid
from email.policy import Compat32
from typing import Any

from django.core.mail import EmailMultiAlternatives

from cases.core.email_addresses import for_mail_server
from cases.core.text import NOT_IN_A_LINE

MAX_LINE = 78
# SQLite stores NUL too.
CONTROL = re.compile(rf"\x00|{NOT_IN_A_LINE}")


class ShortHeaderPolicy(Compat32):
    """Python's usual policy, without parsing a header that fits in one line of ASCII.

    It serves a goal of `make bench`: one sender is not slower than a bare loop over smtplib. With the usual policy and
    boundary, sending a message takes 1.5 ms of CPU time instead of 1.3 ms, which is the sender's whole lead. Django 6
    takes a policy as an argument of `message()`.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return `name` and `value` as a line, or as several."""
        line = f"{name}: {value}"
        if isinstance(value, str) and len(line) <= MAX_LINE and line.isascii() and line.isprintable():
            return f"{line}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


POLICY = ShortHeaderPolicy()


class Message(EmailMultiAlternatives):
    """Django's message with text and HTML, with domains by IDNA 2008."""

    # For a provider, which returns it with each event. SMTP ignores it.
    metadata: dict[str, str]

    def leave_as(self, envelope_sender: str) -> None:
        """Have bounces go to `envelope_sender`. The reader still sees the portal's address."""
        self.extra_headers["From"] = for_mail_server(self.from_email)
        self.from_email = envelope_sender

    def recipients(self) -> list[str]:
        """Return the recipients. UnusableAddress if one can't be sent to any server."""
        self.to = [for_mail_server(address) for address in self.to]
        return super().recipients()

    def message(self, **options: Any) -> Any:
        """Compose what the server gets. BadHeaderError if a value would add a header. UnusableAddress as in
        `recipients`."""
        self.to = [for_mail_server(address) for address in self.to]
        self.from_email = for_mail_server(self.from_email)
        message = super().message(**options)
        # Python would search the parts for a boundary that does not occur in them. 128 random bits do not.
        message.set_boundary(f"=_{uuid.uuid4().hex}")
        for part in message.walk():
            part.policy = POLICY
        return message


def automatic_message(*, subject: str, text: str, address: str, message_id: str) -> Message:
    """Return a message to `address` that the portal sends automatically. Its subject is one line."""
    return Message(
        subject=one_line(subject),
        body=text,
        to=[address],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )


def one_line(text: str) -> str:
    """Return `text` without control characters. In a header they would start another one."""
    return CONTROL.sub("", text).strip()
