"""The process of the chaos harness's mail server.

Usage: python -m tests.chaos.devices.smtp_process CONTROL_PORT PORT RECORD
"""

import asyncio
import email
import email.policy
import json
import logging
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.chaos.devices.steered import until_the_harness_ends

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
CASE = re.compile(rb"/cases/(\d+)/")
NUMBER = re.compile(rb"C-[0-9A-Z]{10}")


@dataclass
class Behavior:
    """How the server treats clients. By default it works normally."""

    listening: bool = True  # if not, connections are refused and open ones cut
    silent: bool = False  # accepts connections and never responds, not even on open ones
    hold: str = ""  # "RCPT" or "DATA": withholds that reply. With "DATA", the message has been accepted by then
    hold_for: str = ""  # withholds it only for mail to addresses that end like this
    later: bool = False  # answers 451 to every message
    later_first: int = 0  # answers 451 to this many messages from now on
    drop: bool = False  # cuts the connection after DATA and accepts nothing
    drop_first: int = 0  # does so for this many messages from now on
    refuse: list[str] = field(default_factory=list)  # recipients that it refuses with 550
    delay: float = 0  # seconds before each reply to DATA


class ChaosMailServer:
    """The handler for aiosmtpd. Each complete message becomes one line of JSON in `record`."""

    def __init__(self, port: int, record: Path) -> None:
        self.behavior = Behavior()
        self.held = 0
        self._port = port
        self._number = 0
        self._record = record.open("ab", buffering=0)
        self._sessions: set[SMTP] = set()
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Start or stop listening, as the behavior says."""
        if self.behavior.listening and not self._server:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._connection, "127.0.0.1", self._port, reuse_address=True)
        elif not self.behavior.listening and self._server:
            self._server.close()
            self._server = None
            for session in self._sessions:
                if session.transport:
                    session.transport.abort()

    async def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """Handle a command: {"behave": {…}} or {"status": 1}."""
        if "behave" in command:
            self.behavior = Behavior(**command["behave"])
            self.held = 0
            await self.listen()
        return {"held": self.held, "messages": self._number}

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        await self._while_silent()
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._while_silent()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await self._hold_back("RCPT", address)
        if address in self.behavior.refuse:
            self._write(outcome="refused", recipient=address)
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await self._while_silent()
        content = envelope.original_content or b""
        if self.behavior.drop or self.behavior.drop_first > 0:
            self.behavior.drop_first -= 1
            self._write(outcome="dropped", **described(content), recipient=envelope.rcpt_tos[0])
            server.transport.abort()
            return "421 Gone"
        if self.behavior.later or self.behavior.later_first > 0:
            self.behavior.later_first -= 1
            self._write(outcome="later", **described(content), recipient=envelope.rcpt_tos[0])
            return "451 4.3.0 Try again later"
        number = self._write(outcome="accepted", **described(content), recipient=envelope.rcpt_tos[0])
        try:
            if self.behavior.delay:
                await asyncio.sleep(self.behavior.delay)
            await self._hold_back("DATA", envelope.rcpt_tos[0])
        except asyncio.CancelledError:  # aiosmtpd ends the conversation when the client hangs up
            self._write(outcome="unanswered", answer_to=number)
            raise
        return "250 OK"

    def _connection(self) -> asyncio.BaseProtocol:
        if self.behavior.silent:
            return asyncio.Protocol()
        session = SMTP(self, hostname="localhost", enable_SMTPUTF8=True)
        self._sessions = {other for other in self._sessions if other.transport} | {session}
        return session

    async def _hold_back(self, command: str, address: str) -> None:
        if self._holds(command, address):
            self.held += 1
        while self._holds(command, address) or self.behavior.silent:
            await asyncio.sleep(0.005)

    def _holds(self, command: str, address: str) -> bool:
        return self.behavior.hold == command and address.endswith(self.behavior.hold_for)

    async def _while_silent(self) -> None:
        while self.behavior.silent:
            await asyncio.sleep(0.005)

    def _write(self, **what: Any) -> int:
        self._number += 1
        line = {"number": self._number, "time": time.time(), **what}
        self._record.write(json.dumps(line).encode() + b"\n")
        return self._number


def described(content: bytes) -> dict[str, Any]:
    """Return the Message-ID, the cases in the links of a message, and the case numbers in its text."""
    if b"base64" in content:
        message = email.message_from_bytes(content, policy=email.policy.default)
        body = b"\n".join(part.get_payload(decode=True) for part in message.walk() if not part.is_multipart())
    else:
        body = content.replace(b"=\r\n", b"")  # soft line breaks of quoted-printable
    found = MESSAGE_ID.search(content)
    return {
        "message_id": found[1].decode(errors="replace") if found else "",
        "cases": sorted({int(number) for number in CASE.findall(body)}),
        "numbers": sorted({number.decode() for number in NUMBER.findall(body)}),
    }


async def serve(control: int, port: int, record: Path) -> None:
    """Serve mail on loopback until the harness ends."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    server = ChaosMailServer(port, record)
    await server.listen()
    await until_the_harness_ends(control, server.answer)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
