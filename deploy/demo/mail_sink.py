"""The demo's mail server: keeps every message that it is sent over SMTP as one .eml file, and sends nothing on.

Usage: python mail_sink.py PORT DIRECTORY
"""

import asyncio
import datetime as dt
import re
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Keep:
    """What aiosmtpd calls with each message: writes it to `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Stores the message; the reply is 250 only once its file is complete under its final name."""
        name = f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S-%f}-{file_name_of(envelope.rcpt_tos)}.eml"
        part = self.directory / f".{name}.part"
        part.write_bytes(envelope.original_content or b"")
        part.rename(self.directory / name)
        sys.stdout.write(f"{name} to {', '.join(envelope.rcpt_tos)} from {envelope.mail_from}\n")
        sys.stdout.flush()
        return "250 OK"


def file_name_of(recipients: list[str]) -> str:
    """The first recipient in characters that every file system takes, no longer than one allows."""
    return re.sub(r"[^\w.@+-]", "_", recipients[0])[:150]


async def serve(port: int, directory: Path) -> None:
    """Takes mail on loopback until SIGTERM."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(
        lambda: SMTP(Keep(directory), hostname="localhost", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port
    )
    async with server:
        sys.stdout.write(f"Mail to 127.0.0.1:{port} lands in {directory.resolve()}\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
