"""Read bounces from a folder of an IMAP server. What it has read stays there, marked as seen."""

import imaplib
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from cases.delivery.bounce_report import MAX_BYTES
from cases.delivery.bounces import Received, receive_message

# The most that one run reads, oldest first. The next run continues.
MAX_MESSAGES = 1_000
TIMEOUT = 30
IMAP_PORT, IMAPS_PORT = 143, 993


class FolderUnavailable(Exception):
    """The server can't be reached, or refuses. The text says why, without the server's message, which may quote the
    account."""


def receive_from_folder(url: str, *, by: str) -> Counter[Received]:
    """Record the bounces among the unseen messages of the folder. Return the number of messages by result.

    `url` is `imaps://user:password@host/folder`, or `imap://` with STARTTLS where the server offers it. A message that
    was recorded but not marked as seen, because the connection was lost, is read again and changes nothing.
    """
    try:
        return _receive(url, by=by)
    except imaplib.IMAP4.abort:
        raise FolderUnavailable("The connection was lost.") from None
    except imaplib.IMAP4.error:
        raise FolderUnavailable("The server rejects a command.") from None
    except TimeoutError:
        raise FolderUnavailable("The server doesn't answer.") from None
    except OSError as error:
        raise FolderUnavailable(f"{error.strerror or type(error).__name__}.") from None


def _receive(url: str, *, by: str) -> Counter[Received]:
    parts = urlsplit(url)
    found: Counter[Received] = Counter()
    with _connect(parts.scheme, parts.hostname or "", parts.port) as client:
        with _rejected_as("The server rejects the username or password."):
            client.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.lstrip("/")) or "INBOX"
        with _rejected_as("The server can't open the folder."):
            _check(client.select(client._quote(folder))[0])
        for uid in _unseen(client):
            found[receive_message(_read(client, uid), by=by)] += 1
            _check(client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")[0])
    return found


def _connect(scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
    trusted = ssl.create_default_context()
    if scheme == "imaps":
        return imaplib.IMAP4_SSL(host, port or IMAPS_PORT, ssl_context=trusted, timeout=TIMEOUT)
    client = imaplib.IMAP4(host, port or IMAP_PORT, timeout=TIMEOUT)
    if "STARTTLS" in client.capabilities:
        client.starttls(trusted)
    return client


@contextmanager
def _rejected_as(sentence: str) -> Iterator[None]:
    try:
        yield
    except imaplib.IMAP4.abort:
        raise  # the server didn't reject it: the connection was lost
    except imaplib.IMAP4.error:
        raise FolderUnavailable(sentence) from None


def _unseen(client: imaplib.IMAP4) -> list[str]:
    answer, found = client.uid("SEARCH", "UNSEEN")
    _check(answer)
    return (found[0] or b"").decode("ascii").split()[:MAX_MESSAGES]


def _read(client: imaplib.IMAP4, uid: str) -> bytes:
    """Return the beginning of a message, without marking it as seen."""
    answer, found = client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
    _check(answer)
    return next((part[1] for part in found if isinstance(part, tuple)), b"")


def _check(answer: str) -> None:
    if answer != "OK":
        raise imaplib.IMAP4.error(answer)
