"""What the SMTP server has answered for with 250: the only proof that a mail went out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.services import MailServer

CASE_NUMBER = re.compile(r"C-[0-9A-HJKMNP-TV-Z]{10}")


@dataclass(frozen=True)
class AcceptedMail:
    """One acceptance by the server. The same Message-ID may be accepted again. `numbers` are the cases it lists."""

    message_id: str
    recipients: tuple[str, ...]
    numbers: frozenset[str]


class Mailbox:
    """A real SMTP server that may hold its answers back."""

    def __init__(self) -> None:
        self._server = MailServer()
        self.url = self._server.url

    @contextmanager
    def running(self) -> Iterator["Mailbox"]:
        """Serves until the end of the block."""
        with self._server.running():
            yield self

    def accepted(self) -> list[AcceptedMail]:
        """Every acceptance so far."""
        return [
            AcceptedMail(
                message_id=str(message["Message-ID"]),
                recipients=(str(message["To"]),),
                numbers=frozenset(CASE_NUMBER.findall(_text(message))),
            )
            for message in list(self._server.taken)
        ]

    def hold(self, command: str) -> None:
        """From now on the answer to `command` ("RCPT" or "DATA") is held back. A held message of DATA is taken."""
        self._server.held = 0
        self._server.hold = command

    @property
    def held(self) -> int:
        """How many answers are or were held back since."""
        return self._server.held

    def release(self) -> None:
        """Answers are given again."""
        self._server.hold = ""


def _text(message: object) -> str:
    part = message.get_body(("plain",))  # type: ignore[attr-defined]
    return str(part.get_content())
