"""A bounce, and servers that receive it: the portal's LMTP port in a thread, and a small IMAP server."""

import asyncio
import re
import shlex
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from cases.delivery import bounce_lmtp

HARD = "550 5.1.1 <mia@example.com>: no such user, mia@example.com"


def report(to, status="5.1.1", *, words=HARD, action="failed", kind="delivery-status", original="Secret title"):
    """Return a delivery status notification to `to`, as a mail server writes it."""
    return f"""From: MAILER-DAEMON@mx.example
To: <{to}>
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/{kind}

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; mia@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--b
Content-Type: message/rfc822

Subject: {original}

--b--
""".encode()


@contextmanager
def lmtp_server() -> Iterator[int]:
    """Serve in a thread until the end of the block. Yield the port."""
    loop = asyncio.new_event_loop()
    stop, ports, started = asyncio.Event(), [], threading.Event()

    def on_start(port: int) -> None:
        ports.append(port)
        started.set()

    def run() -> None:
        loop.run_until_complete(bounce_lmtp.serve("127.0.0.1", 0, by="a test", stop=stop, on_start=on_start))

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(60)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()


class ImapFolder:
    """An IMAP server whose only folder has these messages. `seen` has the marked ones, `logins` those who have signed
    in. It says no to the command `refused`, and quotes the account."""

    def __init__(self, messages: list[bytes], *, refused: str = "") -> None:
        self.messages = messages
        self.seen: set[int] = set()
        self.logins: list[tuple[str, str]] = []
        folder = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"* OK ready\r\n")
                for line in self.rfile:
                    tag, _, command = line.decode().strip().partition(" ")
                    if refused and command.startswith(refused):
                        self.wfile.write(f"{tag} NO not for me@example.com\r\n".encode())
                        continue
                    self.wfile.write(folder.answer(command))
                    self.wfile.write(f"{tag} OK done\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def answer(self, command: str) -> bytes:
        """Return what is said before OK."""
        words = shlex.split(command)
        match words[:2]:
            case ["CAPABILITY"]:
                return b"* CAPABILITY IMAP4rev1\r\n"
            case ["LOGIN", name]:
                self.logins.append((name, words[2]))
            case ["SELECT", _]:
                return f"* {len(self.messages)} EXISTS\r\n".encode()
            case ["UID", "SEARCH"]:
                unseen = [str(uid) for uid in range(1, len(self.messages) + 1) if uid not in self.seen]
                return f"* SEARCH {' '.join(unseen)}\r\n".encode()
            case ["UID", "FETCH"]:
                return self._fetched(int(words[2]), int(re.search(r"<0\.(\d+)>", command)[1]))
            case ["UID", "STORE"]:
                self.seen.add(int(words[2]))
        return b""

    def _fetched(self, uid: int, most: int) -> bytes:
        raw = self.messages[uid - 1][:most]
        return f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
