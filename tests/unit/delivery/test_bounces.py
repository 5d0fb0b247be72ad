"""Bounces: what each marks, what a forged or repeated one changes, and how a correction ends it."""

import datetime as dt
import io
import smtplib
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import OperationalError

from cases import releases
from cases.accounts.people import clear_bounce, correct
from cases.core.errors import NotAllowed, WrongState
from cases.delivery import email_claims, outbox
from cases.delivery.account_email_queue import queue
from cases.delivery.bounces import Received, receive_message
from cases.delivery.envelope import sender_of
from cases.delivery.resend import resend, resend_to, waiting_for_address
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import AccountEvent, OutgoingEmail, User
from cases.models.outgoing_email import ONCE_KINDS
from tests.factories import CaseFactory, UserFactory
from tests.unit.delivery.bounce_servers import ImapFolder, lmtp_server, report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture(autouse=True)
def bounce_domain(settings):
    settings.BOUNCE_DOMAIN = "bounces.example"


def sent(person, kind="password_reset"):
    """Send an email to `person`. Return its envelope sender."""
    queue(kind=kind, person=person)
    assert outbox.deliver().sent == 1
    return mail.outbox[-1].from_email


def received(*args, by="a test", **options):
    return receive_message(report(*args, **options), by=by)


def rows():
    return list(OutgoingEmail.objects.order_by("pk").values_list("state", "last_error"))


def is_marked(person):
    return User.objects.get(pk=person.pk).email_bounced is not None


def test_the_sender_of_the_envelope_is_signed_and_the_reader_sees_the_portal(member, settings):
    settings.DEFAULT_FROM_EMAIL = "Advisor Portal <portal@advice.example>"
    envelope, other = sent(member), sent(member)
    assert envelope.endswith("@bounces.example")
    assert len(envelope.partition("@")[0]) <= 64
    assert envelope != other, "each message has its own"
    assert mail.outbox[0].message()["From"] == settings.DEFAULT_FROM_EMAIL
    settings.BOUNCE_DOMAIN = ""
    assert sent(member) == settings.DEFAULT_FROM_EMAIL


REPORTS = [
    # what the server says → what happens to the bounce and the email, and whether the address is marked
    ({}, Received.RECORDED, "undeliverable", True),
    ({"status": "5.4.1"}, Received.RECORDED, "undeliverable", True),
    ({"status": "4.2.2"}, Received.RECORDED, "undeliverable", False),
    ({"status": "5.2.2"}, Received.RECORDED, "undeliverable", False),
    ({"status": "5.7.1"}, Received.RECORDED, "undeliverable", False),
    ({"status": "5.1.8"}, Received.RECORDED, "undeliverable", False),
    ({"status": "5.3.4"}, Received.RECORDED, "undeliverable", False),
    ({"status": "5.6.0"}, Received.RECORDED, "undeliverable", False),
    ({"status": "5.1.1 (bad address)"}, Received.RECORDED, "undeliverable", True),
    ({"status": ""}, Received.RECORDED, "undeliverable", False),
    ({"words": "x" * 5000}, Received.RECORDED, "undeliverable", True),
    ({"words": "=?utf-8?b?8J+Yhg==?= \x00"}, Received.RECORDED, "undeliverable", True),
    ({"action": "delayed", "status": "4.4.1"}, Received.NO_REPORT, "sent", False),
    ({"action": "delivered", "status": "2.0.0"}, Received.NO_REPORT, "sent", False),
    ({"kind": "disposition-notification"}, Received.NO_REPORT, "sent", False),
]


@pytest.mark.parametrize(("said", "what", "state", "marked"), REPORTS)
def test_what_a_server_says_decides(said, what, state, marked, member):
    assert received(sent(member), **said) == what
    assert (rows()[0][0], is_marked(member)) == (state, marked)


def changed(envelope, **parts):
    """Return `envelope` with another row or signature."""
    _, row, signature = envelope.partition("@")[0].split("-")
    return f"b-{parts.get('row', row)}-{parts.get('signature', signature)}@bounces.example"


FORGED = {
    "no signature": lambda envelope: "b-1@bounces.example",
    "another row": lambda envelope: changed(envelope, row="999999"),
    "a huge row": lambda envelope: changed(envelope, row="9" * 30),
    "an altered signature": lambda envelope: changed(envelope, signature="0" * 24),
    "a short signature": lambda envelope: changed(envelope, signature="0" * 23),
    "the reader's address": lambda envelope: "mia@example.com",
    "nothing": lambda envelope: "",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_bounce_changes_nothing(forge, member):
    assert received(forge(sent(member))) == Received.UNSIGNED
    assert rows() == [("sent", "")]
    assert not is_marked(member)


def test_the_signature_of_another_message_is_good_for_no_other(member, other_member):
    first, second = sent(member), sent(other_member)
    borrowed = changed(second, signature=first.partition("@")[0].split("-")[2])
    assert received(borrowed) == Received.UNSIGNED


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\x00",
        b"Content-Type: multipart/report\n\n",
        b"Content-Type: multipart/report; boundary=b\n\n--b\n",
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n' * 5000,
        b"Content-Type: multipart/report; charset*=x'y'z\n\n\xff",
    ],
    ids=["empty", "bytes", "no boundary", "cut off", "deep", "charset in a language"],
)
def test_what_cannot_be_read_is_no_report(raw, member):
    assert receive_message(raw, [sent(member)], by="a test") == Received.NO_REPORT


def test_an_automatic_reply_is_no_bounce(member):
    reply = f"To: {sent(member)}\nAuto-Submitted: auto-replied\nSubject: On vacation\n\n550 5.1.1\n".encode()
    assert receive_message(reply, by="a test") == Received.NO_REPORT
    assert rows() == [("sent", "")]


def test_a_storm_of_the_same_bounce_counts_once(member):
    envelope = sent(member)
    found = [received(envelope.upper() if number % 2 else envelope) for number in range(30)]
    assert found == [Received.RECORDED] + [Received.KNOWN] * 29
    assert AccountEvent.objects.filter(person=member, kind="email_bounced").count() == 1


def test_all_cases_of_the_message_came_back(member, clock):
    CaseFactory.create_batch(3, due=True, member=member)
    releases.release_due(by="test", source="command")
    clock.shift(dt.timedelta(minutes=1))
    assert outbox.deliver().sent == 1
    received(mail.outbox[-1].from_email)
    assert {state for state, _ in rows()} == {"undeliverable"}


def test_the_words_are_for_staff_without_addresses_and_in_no_log(member, caplog, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        received(sent(member))
    marked = User.objects.get(pk=member.pk)
    assert marked.email_bounce_words == "550 5.1.1 <<address>>: no such user, <address>"
    event = AccountEvent.objects.get(person=member)
    assert (event.system_actor, event.details) == ("a test", {"words": marked.email_bounce_words})
    assert "email came back" in caplog.text
    for private in ("no such user", "mia@example.com", "Secret title"):
        assert private not in caplog.text


# S: delivered, as far as anyone knows. B: bounced for a temporary reason. The address is marked after the last letter.
STREAKS = [("B", False), ("BB", False), ("BBB", True), ("BBSB", False), ("SBBB", True), ("BBBS", True), ("BSBB", False)]


@pytest.mark.parametrize(("fates", "marked"), STREAKS)
def test_three_soft_bounces_in_a_row_count_as_a_hard_one(fates, marked, member, clock):
    for fate in fates:
        envelope = sent(member)
        clock.shift(dt.timedelta(hours=1))
        if fate == "B":
            received(envelope, status="4.2.2")
    assert is_marked(member) is marked


def test_their_order_of_arrival_does_not_matter(member, clock):
    envelopes = []
    for _ in range(4):
        envelopes.append(sent(member))
        clock.shift(dt.timedelta(hours=1))
    for number in (0, 1, 2):
        received(envelopes[number], status="4.4.7")
    assert is_marked(member), "the fourth may come back yet"


def test_a_bounce_may_be_quicker_than_the_record_of_the_sending(member):
    queue(kind="password_reset", person=member)
    (batch,) = email_claims.claim(limit=1)
    assert received(sender_of(batch)) == Received.RECORDED
    email_claims.record(batch, DeliveryResult(Outcome.SENT))
    assert rows()[0][0] == "undeliverable"


def test_a_former_secret_key_still_signs(member, settings):
    envelope = sent(member)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert received(envelope) == Received.RECORDED


def test_a_bounce_of_a_former_address_marks_no_present_one(member, administrator):
    envelope = sent(member)
    correct(person=member, by=administrator, email="new@example.com", first_name="Mia", last_name="")
    assert received(envelope) == Received.RECORDED
    assert not is_marked(member)
    notice = OutgoingEmail.objects.get(kind="address_changed")
    outbox.deliver()
    assert received(mail.outbox[-1].from_email) == Received.RECORDED
    notice.refresh_from_db()
    assert (notice.state, is_marked(member)) == ("undeliverable", False)


def test_a_corrected_address_clears_it_and_what_came_back_is_sent_there(member, administrator):
    envelope = sent(member)
    received(envelope)
    with pytest.raises(WrongState):
        resend_to(person=member, by=administrator, source="web")
    correct(person=member, by=administrator, email="new@example.com", first_name="Mia", last_name="")
    assert not is_marked(member)
    assert not OutgoingEmail.objects.filter(kind="address_changed").exists(), "nobody reads the former address"
    with pytest.raises(NotAllowed):
        resend_to(person=member, by=member, source="web")
    assert resend_to(person=member, by=administrator, source="web") == 1
    assert outbox.deliver().sent == 1
    message = mail.outbox[-1]
    assert (message.to, message.extra_headers["Message-ID"]) != (
        mail.outbox[0].to,
        mail.outbox[0].extra_headers["Message-ID"],
    )
    assert received(envelope) == Received.UNSIGNED, "that was about the former message"
    assert rows() == [("sent", "")]
    with pytest.raises(WrongState, match="no email"):
        resend_to(person=member, by=UserFactory(role="administrator"), source="web")
    assert resend_to(person=member, by=administrator, source="web") == 1, "pressed twice"
    assert outbox.deliver().sent == 0


@pytest.mark.parametrize("kind", ONCE_KINDS)
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "the last one first"])
def test_of_links_that_came_back_the_newest_is_sent_again(kind, count, order, member, administrator, clock):
    """Each was requested before the previous one bounced."""
    if kind == "invitation":
        member.set_unusable_password()
        member.save()
    CaseFactory(due=True, member=member)
    releases.release_due(by="test", source="command")
    clock.shift(dt.timedelta(minutes=1))
    assert outbox.deliver().sent == 1
    told = mail.outbox[-1].from_email
    for envelope in [told, *[sent(member, kind) for _ in range(count)]][::order]:
        received(envelope)
    correct(person=member, by=administrator, email="new@example.com", first_name="Mia", last_name="")
    assert len(waiting_for_address(member)) == 2
    assert resend_to(person=member, by=administrator, source="web") == 2
    links = list(OutgoingEmail.objects.filter(kind=kind).order_by("pk").values_list("state", flat=True))
    assert links == ["dropped"] * (count - 1) + ["waiting"]
    assert outbox.deliver().sent == 2
    with pytest.raises(WrongState, match="no email"):
        resend_to(person=member, by=UserFactory(role="administrator"), source="web")
    resend_to(person=member, by=administrator, source="web")
    assert outbox.deliver().sent == 0
    assert AccountEvent.objects.filter(kind="mail_resent").count() == 1


@pytest.mark.parametrize("kind", ONCE_KINDS)
@pytest.mark.parametrize("chosen", [0, 1])
def test_a_link_that_is_sent_again_by_itself_replaces_the_others(kind, chosen, member, administrator):
    member.set_unusable_password()
    member.save()
    for envelope in [sent(member, kind), sent(member, kind)]:
        received(envelope, status="4.2.2")
    emails = list(OutgoingEmail.objects.order_by("pk"))
    assert resend(email=emails[chosen], by=administrator, source="web") == 1
    with pytest.raises(WrongState, match="Canceled"):
        resend(email=emails[1 - chosen], by=administrator, source="web")
    outbox.deliver()
    assert waiting_for_address(member) == []


def test_both_kinds_of_links_are_sent_again(member, administrator):
    member.set_unusable_password()
    member.save()
    for envelope in [sent(member, kind) for kind in ONCE_KINDS * 2]:
        received(envelope)
    clear_bounce(person=member, by=administrator)
    assert resend_to(person=member, by=administrator, source="web") == len(ONCE_KINDS)


def test_an_address_that_works_again_is_cleared_by_an_administrator(member, technician, administrator):
    received(sent(member))
    with pytest.raises(NotAllowed):
        clear_bounce(person=member, by=technician)
    clear_bounce(person=member, by=administrator)
    assert not is_marked(member)
    with pytest.raises(WrongState):
        clear_bounce(person=member, by=UserFactory(role="administrator"))
    clear_bounce(person=member, by=administrator)
    (event,) = AccountEvent.objects.filter(person=member, actor=administrator)
    assert event.kind == "bounce_cleared"


def test_what_came_back_is_another_message_when_it_is_resent_to_the_same_address(member, administrator):
    received(sent(member), status="4.2.2")
    resend(email=OutgoingEmail.objects.get(), by=administrator, source="web")
    assert outbox.deliver().sent == 1
    first, again = mail.outbox
    assert first.extra_headers["Message-ID"] != again.extra_headers["Message-ID"]
    assert received(again.from_email, status="4.2.2") == Received.RECORDED


# --- The doors ------------------------------------------------------------------------------------------------------


def pipe(monkeypatch, raw, **options):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    out = io.StringIO()
    call_command("receive_bounces", stdout=out, **options)
    return out.getvalue().strip()


def test_a_pipe(member, monkeypatch):
    envelope = sent(member)
    assert pipe(monkeypatch, b"Subject: hello\n\n" + b"x" * 600_000) == "no report"
    assert pipe(monkeypatch, report("elsewhere@example.com"), recipient=envelope) == "recorded"
    assert is_marked(member)


def test_a_pipe_keeps_the_message_with_the_mail_server_while_the_database_is_away(monkeypatch):
    def away(*args, **options):
        raise OperationalError("gone")

    monkeypatch.setattr("cases.management.commands.receive_bounces.receive_message", away)
    with pytest.raises(CommandError) as refused:
        pipe(monkeypatch, report("b@bounces.example"))
    assert refused.value.returncode == 75


@pytest.mark.django_db(transaction=True)
def test_an_lmtp_port_takes_what_the_portal_signed_and_refuses_the_rest(member):
    envelope = sent(member)
    with lmtp_server() as port, smtplib.LMTP("127.0.0.1", port) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("", ["b-1-000000000000000000000000@bounces.example"], report(envelope))
        assert next(iter(refused.value.recipients.values()))[0] == 550
        assert client.sendmail("", [envelope], report("elsewhere@example.com")) == {}
        assert client.sendmail("", [envelope], report(envelope)) == {}
    assert is_marked(member)
    assert rows()[0][0] == "undeliverable"


def test_an_lmtp_port_that_is_taken_is_said_in_a_sentence(settings):
    """In a separate process, because a browser's event loop may run in this one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        found = subprocess.run(
            [sys.executable, "manage.py", "receive_bounces", "--lmtp", address],
            cwd=settings.BASE_DIR,
            env={"SECRET_KEY": "x", "ENV_FILE": "/dev/null", "DATABASE_URL": "sqlite://", "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    assert found.returncode == 1
    assert found.stderr == f"CommandError: Can't listen at {address}: Address already in use.\n"


def test_an_imap_folder_is_read_once_and_left_as_it_is(member, settings):
    envelope = sent(member)
    with ImapFolder([report(envelope), b"Subject: hello\n\nspam", report(envelope)]) as folder:
        settings.BOUNCE_IMAP_URL = f"imap://me%40example.com:s%22ecret@127.0.0.1:{folder.port}/Bounces"
        out = io.StringIO()
        call_command("receive_bounces", imap=True, stdout=out)
        call_command("receive_bounces", imap=True, stdout=out)
    assert out.getvalue().splitlines() == ["1 recorded, 1 no report, 1 known", "nothing new"]
    assert folder.seen == {1, 2, 3}
    assert folder.logins == [("me@example.com", 's"ecret')] * 2
    assert is_marked(member)


@pytest.mark.parametrize("address", ["", "24", "127.0.0.1:", "127.0.0.1:70000"])
def test_an_lmtp_port_that_cannot_be_read_is_refused(address):
    with pytest.raises(CommandError, match="Give --lmtp as HOST:PORT") as refused:
        call_command("receive_bounces", lmtp=address)
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    ("host", "why"), [("127.0.0.1:1", "Connection refused"), ("nowhere.invalid", "Name or service not known")]
)
def test_it_says_why_a_folder_cannot_be_reached(host, why, settings):
    settings.BOUNCE_IMAP_URL = f"imap://me:secret@{host}/INBOX"
    with pytest.raises(CommandError) as refused:
        call_command("receive_bounces", imap=True)
    assert (str(refused.value), refused.value.returncode) == (f"The IMAP folder isn't available: {why}.", 75)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("LOGIN", "The server rejects the username or password"),
        ("SELECT", "The server can't open the folder"),
        ("UID SEARCH", "The server rejects a command"),
    ],
)
def test_it_says_what_a_server_rejects_without_its_message(command, why, settings):
    with ImapFolder([], refused=command) as folder:
        settings.BOUNCE_IMAP_URL = f"imap://me%40example.com:secret@127.0.0.1:{folder.port}/Bounces"
        with pytest.raises(CommandError) as refused:
            call_command("receive_bounces", imap=True)
    assert str(refused.value) == f"The IMAP folder isn't available: {why}."


@pytest.mark.parametrize("url", ["", "imap://me:secret@127.0.0.1:1/INBOX"])
def test_a_folder_that_is_away_is_said_without_the_password(url, settings):
    settings.BOUNCE_IMAP_URL = url
    with pytest.raises(CommandError) as refused:
        call_command("receive_bounces", imap=True)
    assert "secret" not in str(refused.value)
