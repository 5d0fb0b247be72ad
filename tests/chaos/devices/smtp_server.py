"""The chaos harness's mail server, seen from the harness."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.devices.smtp_process import Behavior
from tests.chaos.devices.steered import SteeredProcess
from tests.services import free_port


@dataclass(frozen=True)
class Mail:
    """A complete message at the server.

    `outcome` is "accepted", "later" (4xx), "refused" (5xx, no Message-ID known) or "dropped". `answered` is False if
    the client of an accepted message was gone before the answer. `time` is in seconds since the epoch, by the real
    clock. `cases` are the ids in the links of its text, `numbers` the case numbers in it: a recall has no links.
    """

    number: int
    time: float
    outcome: str
    recipient: str
    message_id: str = ""
    cases: tuple[int, ...] = ()
    numbers: tuple[str, ...] = ()
    answered: bool = True


class SmtpServer(SteeredProcess):
    """An SMTP server in its own process, on loopback. It records messages in a file in `directory`."""

    module = "tests.chaos.devices.smtp_process"

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self._record = directory / "mail.jsonl"
        super().__init__(self.port, self._record)

    def behave(self, **behavior: Any) -> None:
        """Change the behavior from now on (see Behavior). Everything that is not named works normally."""
        self.ask(behave=dataclasses.asdict(Behavior(**behavior)))

    @contextmanager
    def behaving(self, **behavior: Any) -> Iterator[None]:
        """Change the behavior during the block."""
        self.behave(**behavior)
        try:
            yield
        finally:
            self.behave()

    @property
    def held(self) -> int:
        """Return how many messages have been kept waiting since the last `behave`."""
        return int(self.ask(status=1)["held"])

    def mark(self) -> int:
        """Return the current place in the record, for `mails`."""
        return int(self.ask(status=1)["messages"])

    def mails(self, since: int = 0) -> list[Mail]:
        """Return all messages after the mark `since`, in order."""
        lines = [json.loads(line) for line in self._record.read_bytes().splitlines()]
        unanswered = {line["answer_to"] for line in lines if line["outcome"] == "unanswered"}
        return [
            Mail(
                **line
                | {name: tuple(line.get(name, ())) for name in ("cases", "numbers")}
                | {"answered": line["number"] not in unanswered}
            )
            for line in lines
            if line["number"] > since and line["outcome"] != "unanswered"
        ]

    def accepted(self, since: int = 0) -> list[Mail]:
        """Return the accepted messages after the mark `since`."""
        return [mail for mail in self.mails(since) if mail.outcome == "accepted"]
