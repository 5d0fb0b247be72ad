"""The chaos harness's mail server behaves as told and records what it accepted."""

import smtplib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.delivery.release_email import released_message
from tests.chaos.devices.smtp_server import SmtpServer
from tests.factories import CaseFactory, UserFactory
from tests.integration.steps import until

pytestmark = pytest.mark.integration


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmtpServer]:
    with SmtpServer(tmp_path) as server:
        yield server


def send(server: SmtpServer, *, to: str = "mia@example.com", cases: tuple[int, ...] = (7,)) -> None:
    """Send a message about `cases`, as the portal does."""
    message = released_message(
        recipient=UserFactory.build(),
        address=to,
        cases=[CaseFactory.build(pk=pk, external_case_id=f"CASE-{pk}") for pk in cases],
        message_id=f"<release-{cases[0]}@example.com>",
    )
    with smtplib.SMTP("127.0.0.1", server.port, timeout=1) as connection:
        connection.sendmail("portal@example.com", [to], message.message().as_bytes(linesep="\r\n"))


def outcomes(server: SmtpServer) -> list[str]:
    return [mail.outcome for mail in server.mails()]


def test_what_it_takes_is_on_record(server: SmtpServer) -> None:
    send(server, cases=(7, 1234567))

    (mail,) = server.accepted()
    assert (mail.message_id, mail.recipient) == ("<release-7@example.com>", "mia@example.com")
    assert mail.cases == (7, 1234567)
    assert mail.answered


def test_a_mark_separates_old_from_new(server: SmtpServer) -> None:
    send(server, cases=(7,))
    mark = server.mark()
    send(server, cases=(8,))
    assert [mail.cases for mail in server.mails(mark)] == [(8,)]


def test_a_server_that_is_down_refuses_and_cuts_what_was_open(server: SmtpServer) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=1) as connection:
        with server.behaving(listening=False):
            with pytest.raises(ConnectionRefusedError):
                send(server)
            with pytest.raises(smtplib.SMTPServerDisconnected):
                connection.mail("portal@example.com")
        send(server)
    assert outcomes(server) == ["accepted"]


def test_a_hanging_server_says_nothing_on_new_connections_and_old_ones(server: SmtpServer) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=0.5) as connection:
        connection.ehlo()
        with server.behaving(silent=True):
            with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected), match="timed out"):
                send(server)
            with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected), match="timed out"):
                connection.mail("portal@example.com")
    send(server)
    assert outcomes(server) == ["accepted"]


@pytest.mark.parametrize(("command", "taken"), [("RCPT", 0), ("DATA", 1)])
def test_a_reply_is_held_back_before_or_after_the_message_is_taken(
    server: SmtpServer, command: str, taken: int
) -> None:
    with server.behaving(hold=command):
        sender = threading.Thread(target=send, args=[server])
        sender.start()
        until("a message is held", lambda: server.held == 1)
        assert len(server.accepted()) == taken
    sender.join()
    assert [mail.answered for mail in server.accepted()] == [True]


def test_a_client_that_died_before_the_reply_is_told_apart(server: SmtpServer) -> None:
    with server.behaving(hold="DATA"):
        with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected), match="timed out"):
            send(server)
        until("it notices", lambda: not server.accepted()[0].answered)


@pytest.mark.parametrize(
    ("behavior", "error", "outcome"),
    [
        ({"later_first": 2}, smtplib.SMTPDataError, "later"),
        ({"drop_first": 2}, smtplib.SMTPServerDisconnected, "dropped"),
    ],
)
def test_the_first_messages_fail_and_the_next_is_taken(
    server: SmtpServer, behavior: dict[str, int], error: type[Exception], outcome: str
) -> None:
    server.behave(**behavior)
    for _ in range(2):
        with pytest.raises(error):
            send(server)
    send(server)
    assert outcomes(server) == [outcome, outcome, "accepted"]


def test_it_says_later_until_told_otherwise(server: SmtpServer) -> None:
    with server.behaving(later=True), pytest.raises(smtplib.SMTPDataError):
        send(server)
    send(server)
    assert outcomes(server) == ["later", "accepted"]


def test_one_recipient_is_refused(server: SmtpServer) -> None:
    server.behave(refuse=["nobody@example.com"])
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(server, to="nobody@example.com")
    send(server)
    assert [(mail.recipient, mail.outcome) for mail in server.mails()] == [
        ("nobody@example.com", "refused"),
        ("mia@example.com", "accepted"),
    ]


def test_a_behavior_that_it_does_not_know_is_an_error(server: SmtpServer) -> None:
    with pytest.raises(RuntimeError, match="moody"):
        server.ask(behave={"moody": True})


def test_it_ends_with_the_harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = SmtpServer(tmp_path)
    server.start()
    process = server._process
    assert process
    assert process.stdin
    process.stdin.close()
    assert process.wait(10) == 0


def test_it_cuts_connections_until_told_otherwise(server: SmtpServer) -> None:
    with server.behaving(drop=True), pytest.raises(smtplib.SMTPServerDisconnected):
        send(server)
    send(server)
    assert outcomes(server) == ["dropped", "accepted"]
