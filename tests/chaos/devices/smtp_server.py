"""The mail server of the chaos harness, as the harness sees it."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.devices.smtp_process import Behaviour
from tests.chaos.devices.steered import SteeredProcess
from tests.services import free_port


@dataclass(frozen=True)
class Mail:
    """A message that came to its end at the server.

    `outcome` is "accepted", "later" (4xx), "refused" (5xx, no Message-ID known) or "dropped". `answered` is False of
    an accepted one whose client was gone before it could be told so. `time` is seconds since 1970 by the real clock.
    `cases` are the numbers in the links of its text.
    """

    number: int
    time: float
    outcome: str
    recipient: str
    message_id: str = ""
    cases: tuple[int, ...] = ()
    answered: bool = True


class SmtpServer(SteeredProcess):
    """An SMTP server in a process of its own, on loopback. It records in a file in `directory`."""

    module = "tests.chaos.devices.smtp_process"

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self._record = directory / "mail.jsonl"
        super().__init__(self.port, self._record)

    def behave(self, **behaviour: Any) -> None:
        """From now on it behaves so (see Behaviour), and normally in everything that is not named."""
        self.ask(behave=dataclasses.asdict(Behaviour(**behaviour)))

    @contextmanager
    def behaving(self, **behaviour: Any) -> Iterator[None]:
        """It behaves so for the length of the block."""
        self.behave(**behaviour)
        try:
            yield
        finally:
            self.behave()

    @property
    def held(self) -> int:
        """How many messages have been kept waiting since the last call of `behave`."""
        return int(self.ask(status=1)["held"])

    def mark(self) -> int:
        """The place in the record that has been reached; for `mails`."""
        return int(self.ask(status=1)["messages"])

    def mails(self, since: int = 0) -> list[Mail]:
        """Everything recorded after the mark `since`, whatever its outcome, in order."""
        lines = [json.loads(line) for line in self._record.read_bytes().splitlines()]
        unanswered = {line["answer_to"] for line in lines if line["outcome"] == "unanswered"}
        return [
            Mail(**line | {"cases": tuple(line.get("cases", ())), "answered": line["number"] not in unanswered})
            for line in lines
            if line["number"] > since and line["outcome"] != "unanswered"
        ]

    def accepted(self, since: int = 0) -> list[Mail]:
        """What it took, after the mark `since`."""
        return [mail for mail in self.mails(since) if mail.outcome == "accepted"]
