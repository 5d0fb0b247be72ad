"""The email of a release, to a real SMTP server that sometimes misbehaves."""

from collections import Counter
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from django.utils import timezone

from cases import releases
from cases.delivery import celery_publisher
from cases.models import Case, Heartbeat, OutgoingEmail, User
from tests.factories import UserFactory
from tests.integration.conftest import StartWorker
from tests.integration.processes import LocalBeat
from tests.integration.steps import Source, assert_released_once, is_released, run_sender, until, wave
from tests.services import MailServer, SilentServer

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

State = OutgoingEmail.State


@pytest.fixture
def silent_server() -> Iterator[SilentServer]:
    server = SilentServer()
    yield server
    server.stop()


def test_one_mail_a_member_and_wave_with_one_message_id(
    start_worker: StartWorker, mail_server: MailServer, technician: User
) -> None:
    """Thirty members with three cases each. At first the server says "later" to every message. Each is sent again with
    the same cases and Message-ID, and then never again."""
    members = UserFactory.create_batch(30)
    cases = wave(90, members=members, technician=technician)
    mail_server.answer_message = lambda _: "451 Try again later"
    worker = start_worker("mail", queue="mail")
    release_all()
    until("all have been tried", lambda: states() == {State.WAITING: 90} and len(mail_server.refused) == 30)

    mail_server.answer_message = lambda _: "250 OK"
    OutgoingEmail.objects.update(next_try=timezone.now())
    celery_publisher.publish_mail_waiting()
    until("all are sent", lambda: states() == {State.SENT: 90})
    run_sender(worker)

    assert len(mail_server.taken) == 30
    assert by_message_id(mail_server.taken).keys() == by_message_id(mail_server.refused).keys()
    assert {mail["To"] for mail in mail_server.taken} == {member.email for member in members}
    for mail in mail_server.taken:
        text = mail.get_body(["plain"]).get_content()
        told = [case for case in cases if case.external_case_id in text]
        assert [case.member.email for case in told] == [mail["To"]] * 3


def test_many_senders_never_send_one_mail_twice(
    start_worker: StartWorker, mail_server: MailServer, technician: User
) -> None:
    """Two mail workers with two processes each are notified at the same moment that eighty members have mail."""
    members = UserFactory.create_batch(80)
    workers = [start_worker(name, queue="mail") for name in ("left", "right")]
    assert all(worker.ready() for worker in workers)
    wave(80, members=members, technician=technician)
    release_all()
    for _ in range(3):
        celery_publisher.publish_mail_waiting()
    until("all are sent", lambda: states() == {State.SENT: 80})
    until("all four have run", lambda: sum(worker.logs().count("succeeded in") for worker in workers) >= 4)

    assert Counter(mail["To"] for mail in mail_server.taken) == Counter(member.email for member in members)
    assert len(by_message_id(mail_server.taken)) == 80


@pytest.mark.parametrize(("moment", "copies"), [("RCPT", 1), ("DATA", 2)], ids=["before it is taken", "after"])
def test_sender_killed_in_the_middle_of_a_message(
    start_worker: StartWorker, mail_server: MailServer, member: User, technician: User, moment: str, copies: int
) -> None:
    """The sender dies between its claim and the server's reply. No one touches the mail while the claim lasts. When it
    ends, the mail is sent under the same Message-ID. Only a server that already had it gets it twice (docs/rules.md,
    12)."""
    wave(1, members=[member], technician=technician)
    mail_server.hold = moment
    victim = start_worker("victim", queue="mail")
    release_all()
    until("the server has the message", lambda: mail_server.held)
    victim.kill()
    claimed = OutgoingEmail.objects.values().get(state=State.SENDING)
    mail_server.hold = ""

    another = start_worker("another", queue="mail")
    run_sender(another)
    assert OutgoingEmail.objects.values().get() == claimed
    OutgoingEmail.objects.update(next_try=timezone.now())
    run_sender(another)
    assert states() == {State.SENT: 1}
    assert [mail["Message-ID"] for mail in mail_server.taken] == [claimed["message_id"]] * copies


def test_poison_recipient_holds_up_nobody(start_worker: StartWorker, mail_server: MailServer, technician: User) -> None:
    """One address is refused permanently, one temporarily, one is invalid, and one is missing. The others get mail."""
    addresses = ["poison@example.com", "full@example.com", "two\nlines@example.com", ""]
    odd = [UserFactory(email=address) for address in addresses]
    good = UserFactory.create_batch(5)
    answers = {addresses[0]: "550 No such user", addresses[1]: "452 Mailbox full"}
    mail_server.answer_recipient = lambda address: answers.get(address, "250 OK")
    cases = wave(9, members=[*odd, *good], technician=technician)
    start_worker("mail", queue="mail")
    release_all()

    expected = {State.SENT: 5, State.FAILED: 2, State.WAITING: 1, State.UNDELIVERABLE: 1}
    until("everything has been tried", lambda: states() == expected)
    assert {mail["To"] for mail in mail_server.taken} == {member.email for member in good}
    rows = [OutgoingEmail.objects.get(recipient=member) for member in odd]
    assert [row.state for row in rows] == [State.FAILED, State.WAITING, State.FAILED, State.UNDELIVERABLE]
    assert "550 No such user" in rows[0].last_error
    assert "452 Mailbox full" in rows[1].last_error
    assert rows[1].next_try > timezone.now()
    assert all(row.last_error for row in rows)
    assert_released_once(cases)


def test_hanging_mail_server_holds_up_no_release(
    start_worker: StartWorker,
    start_beat: Callable[[], LocalBeat],
    silent_server: SilentServer,
    member: User,
    technician: User,
) -> None:
    """The mail worker hangs on a server that never responds. The sweep continues, and no mail is lost."""
    env = {"EMAIL_URL": silent_server.url, "EMAIL_TIMEOUT": 5}
    start_worker("releases", **env)
    start_worker("mail", queue="mail", concurrency=1, **env)
    start_beat()
    (first,) = wave(1, members=[member], technician=technician)
    until("the sender hangs", lambda: silent_server.clients)
    (second,) = wave(1, members=[member], technician=technician)
    until("the second is released", lambda: is_released(second))
    assert OutgoingEmail.objects.get(case=first).state == State.SENDING
    seen = Heartbeat.objects.get(name="sweep").at
    until("the next sweep", lambda: Heartbeat.objects.get(name="sweep").at > seen)

    until("the sender gives up for now", lambda: OutgoingEmail.objects.get(case=first).state == State.WAITING)
    row = OutgoingEmail.objects.get(case=first)
    assert "timed out" in row.last_error
    assert row.message_id
    assert_released_once([first, second])


def release_all() -> None:
    """Release what is due in this process, and notify the mail workers."""
    assert releases.release_due(by="test", source=Source.COMMAND).failed == {}
    assert not Case.objects.due(timezone.now()).exists()


def states() -> dict[str, int]:
    return Counter(OutgoingEmail.objects.values_list("state", flat=True))


def by_message_id(mails: list[EmailMessage]) -> dict[str, EmailMessage]:
    return {mail["Message-ID"]: mail for mail in mails}
