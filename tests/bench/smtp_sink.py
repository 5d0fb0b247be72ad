"""A mail sink in its own process, so lean that a measurement shows the speed of the sender.

It speaks the SMTP that a client on loopback needs: EHLO, MAIL, RCPT, DATA, RSET, NOOP and QUIT. HELP returns what it
has accepted. It keeps only the Message-IDs. Not for use on the Internet.
"""

import asyncio
import re
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.services import free_port, wait_for_port

MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
END_OF_MESSAGE = b"\r\n.\r\n"
REPLIES = {
    b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
    b"DATA": b"354 Go on\r\n",
    b"QUIT": b"221 Bye\r\n",
}


@dataclass(frozen=True)
class Taken:
    """What a sink has accepted: messages, and their different Message-IDs."""

    messages: int
    message_ids: int


class Session(asyncio.Protocol):
    """One connection."""

    messages = 0
    message_ids: set[bytes] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.buffer = b""
        self.in_message = False
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each complete command or message. Keep the rest for later."""
        self.buffer += data
        while (end := self.buffer.find(wanted := END_OF_MESSAGE if self.in_message else b"\r\n")) >= 0:
            complete, self.buffer = self.buffer[:end], self.buffer[end + len(wanted) :]
            if self.in_message:
                self._take(complete)
            else:
                self._answer(complete[:4].upper())

    def _take(self, message: bytes) -> None:
        Session.messages += 1
        Session.message_ids.update(MESSAGE_ID.findall(message, 0, message.find(b"\r\n\r\n") + 2))
        self.in_message = False
        self.transport.write(b"250 OK\r\n")

    def _answer(self, command: bytes) -> None:
        self.in_message = command == b"DATA"
        taken = b"214 %d %d\r\n" % (Session.messages, len(Session.message_ids))
        self.transport.write(taken if command == b"HELP" else REPLIES.get(command, b"250 OK\r\n"))
        if command == b"QUIT":
            self.transport.close()


class SmtpSink:
    """A sink, seen from the measuring process."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"smtp://127.0.0.1:{port}"

    def taken(self) -> Taken:
        """Return what it has accepted since its start."""
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            messages, message_ids = client.help().split()
        return Taken(int(messages), int(message_ids))

    def rate(self, count: int) -> float:
        """Return how many finished messages per second it accepts, out of `count` over one connection."""
        begun = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            for _ in range(count):
                client.sendmail("portal@localhost", ["mia@example.com"], b"Subject: x\r\n\r\n" + b"x" * 1400)
        return count / (time.perf_counter() - begun)


@contextmanager
def smtp_sink() -> Iterator[SmtpSink]:
    """Start a sink on loopback, and stop it at the end."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.smtp_sink", str(port)])
    try:
        wait_for_port(port)
        yield SmtpSink(port)
    finally:
        process.terminate()
        process.wait()


async def serve(port: int) -> None:
    """Accept mail until terminated."""
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
