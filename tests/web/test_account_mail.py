"""Mail about accounts: the page only writes a row, in the same time for known and unknown addresses. The mail worker
creates the link and sends it."""

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.accounts import people
from cases.accounts.adapter import PortalAccountAdapter
from cases.delivery import outbox
from cases.delivery.account_email_queue import queue, queue_requested_password_resets
from cases.delivery.resend import resend
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import AccountEvent, OutgoingEmail, PasswordResetRequest, User
from tests.factories import CaseFactory, UserFactory
from tests.services import SilentServer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about answers: tests/unit/delivery writes and sends the emails on both"),
]

RESET = "/accounts/password/reset/"
NINA = {"email": "nina@example.com", "first_name": "Nina", "last_name": "Ng", "role": "technician"}


@pytest.fixture
def member(member):
    member.set_password("correct horse battery")
    member.save()
    return member


def ask(client, email="mia@example.com", **options):
    return client.post(RESET, {"email": email}, **options)


def links():
    """Return the link in each mail that was sent."""
    return [re.search(r"https?://\S+", message.body).group() for message in mail.outbox]


def lead_to(settings, server):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", urlsplit(server.url).port


# --- The request ------------------------------------------------------------------------------------------------------


@pytest.fixture
def silent(settings):
    server = SilentServer()
    lead_to(settings, server)
    yield server
    server.stop()


def test_no_page_talks_to_the_mail_server(member, administrator, client, silent):
    ask(client)
    ask(client, "nobody@example.com")
    client.force_login(administrator)
    client.post("/people/invite/", NINA)
    invited = User.objects.get(username="nina")
    client.post(f"/people/{invited.pk}/invite/")
    assert silent.clients == 0
    assert mail.outbox == []


def test_allauth_sends_nothing_of_its_own(rf):
    with pytest.raises(ImproperlyConfigured):
        PortalAccountAdapter().send_mail("account/email/anything", "mia@example.com", {})


def written_by(client, email):
    """Return the statements of a request for `email`, without values, and the response."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask(client, email)
    said = (answer.status_code, answer.url, answer.content, sorted(answer.headers))
    return [re.sub(r"'[^']*'|\d+|NULL|None", "?", query["sql"]) for query in queries], said


@pytest.mark.parametrize("asked", ["member", "deactivated", "invited"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_known_address_costs_the_statements_of_an_unknown_one(member, asked, times):
    User.objects.filter(pk=member.pk, username="mia").update(
        is_active=asked != "deactivated", **({"password": "!"} if asked == "invited" else {})
    )
    ask(Client(), "first@example.com")  # the limit for one client address is counted from here
    for number in range(times):
        known = written_by(Client(), "mia@example.com")
        unknown = written_by(Client(), "mio@example.com")
        assert known == unknown, f"request {number}"
    assert PasswordResetRequest.objects.count() == 1 + 2 * times


def test_the_mail_workers_are_told_for_both_after_the_commit(
    member, client, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr("cases.delivery.celery_publisher.publish_mail_waiting", lambda: told.append(True))
    for email in ("mia@example.com", "nobody@example.com"):
        with django_capture_on_commit_callbacks(execute=True):
            ask(client, email)
    assert told == [True, True]


def test_a_request_keeps_no_address_and_no_token(member, client):
    ask(client)
    ask(client, "nobody@example.com")
    assert list(PasswordResetRequest.objects.order_by("pk").values_list("person", "language")) == [
        (member.pk, "en"),
        (None, "en"),
    ]
    queue_requested_password_resets()
    assert OutgoingEmail.objects.get().payload == {"language": "en"}


# --- The mail worker --------------------------------------------------------------------------------------------------


def test_who_is_unknown_or_deactivated_gets_nothing_and_nothing_is_left(member, client):
    UserFactory(email="gone@example.com", is_active=False)
    ask(client, "nobody@example.com")
    ask(client, "gone@example.com")
    assert outbox.is_waiting()
    assert outbox.deliver().sent == 0
    assert mail.outbox == []
    assert not PasswordResetRequest.objects.exists()
    assert not outbox.is_waiting()


@pytest.mark.parametrize("host", ["testserver", "evil.example", "portal.example:8443"])
def test_links_lead_to_the_portal_whatever_host_was_asked(member, administrator, client, settings, host):
    settings.ALLOWED_HOSTS = ["*"]
    settings.PORTAL_URL = "https://portal.example"
    ask(client, headers={"host": host})
    client.force_login(administrator)
    client.post("/people/invite/", NINA, headers={"host": host})
    outbox.deliver()
    assert [urlsplit(link).netloc for link in links()] == ["portal.example"] * 2
    assert {urlsplit(link).scheme for link in links()} == {"https"}


def test_the_link_is_made_when_the_mail_is_sent(member, client, clock):
    """It is valid for three days from then on, not from the request, and for the password that is set by then."""
    ask(client)
    clock.shift(dt.timedelta(days=5))
    member.set_password("chosen meanwhile")
    member.save()
    outbox.deliver()
    clock.shift(dt.timedelta(days=2))
    (link,) = links()
    assert "password1" in Client().get(urlsplit(link).path, follow=True).content.decode()


def test_a_mail_about_an_account_is_retried_under_its_message_id(member, client, clock):
    ask(client)
    queue_requested_password_resets()
    (batch,) = outbox.claim(limit=5)
    outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "451 later"))
    clock.shift(dt.timedelta(minutes=1))
    outbox.deliver()
    assert mail.outbox[0].extra_headers["Message-ID"] == batch.message_id
    row = OutgoingEmail.objects.get()
    assert (row.state, row.case, row.attempts, row.recipient) == ("sent", None, 2, member)


def test_asked_several_times_before_it_is_sent_one_mail_is_sent(member, client, clock):
    for _ in range(4):
        ask(client)
    outbox.deliver()
    assert len(mail.outbox) == 1
    ask(client)
    outbox.deliver()
    assert len(mail.outbox) == 2, "one that comes after is answered"


@pytest.mark.parametrize("outcome", [Outcome.DEFERRED, Outcome.UNREACHABLE])
def test_asked_again_while_it_waits_for_its_next_try_it_is_tried_at_once(member, client, clock, outcome):
    ask(client)
    queue_requested_password_resets()
    outbox.record(outbox.claim(limit=5)[0], DeliveryResult(outcome, "not now"))
    assert outbox.deliver().sent == 0
    ask(client)
    assert outbox.deliver().sent == 1
    assert OutgoingEmail.objects.count() == 1


def test_asked_again_while_it_is_being_sent_nothing_is_added(member, client, clock):
    ask(client)
    queue_requested_password_resets()
    (batch,) = outbox.claim(limit=5)
    ask(client)
    queue_requested_password_resets()
    assert OutgoingEmail.objects.count() == 1
    outbox.record(batch, DeliveryResult(Outcome.SENT))


def test_one_that_was_given_up_is_replaced_by_the_next(member, client, clock):
    ask(client)
    queue_requested_password_resets()
    outbox.record(outbox.claim(limit=5)[0], DeliveryResult(Outcome.REJECTED, "550 unknown"))
    ask(client)
    outbox.deliver()
    assert sorted(OutgoingEmail.objects.values_list("state", flat=True)) == ["dropped", "sent"]


def test_mail_about_an_account_and_about_a_case_are_two_messages(member, client, clock):
    CaseFactory(due=True, member=member)
    ask(client)
    client.force_login(member)
    client.get("/")  # releases the case
    outbox.deliver()
    assert sorted(message.subject.split()[0] for message in mail.outbox) == ["Your", "[Advisor"]


@pytest.mark.parametrize("chosen", ["", "es", "en"])
@pytest.mark.parametrize("browser", ["es", "en"])
def test_it_is_in_the_language_of_the_reader_or_else_of_the_page(member, client, chosen, browser):
    User.objects.filter(pk=member.pk).update(language=chosen)
    ask(client, headers={"accept-language": browser})
    outbox.deliver()
    assert ("contraseña" in mail.outbox[0].body) is ((chosen or browser) == "es")


def test_an_invitation_commits_with_the_account(administrator, monkeypatch):
    def refuse(**_):
        raise RuntimeError("the outbox is full")

    monkeypatch.setattr("cases.delivery.account_email_queue.queue", refuse)
    with pytest.raises(RuntimeError):
        people.invite(by=administrator, **NINA)
    assert not User.objects.filter(email="nina@example.com").exists()


@pytest.mark.parametrize("meanwhile", [{"password": "pbkdf2_sha256$1$a$b"}, {"is_active": False}])
def test_an_invitation_that_is_no_longer_wanted_is_dropped(administrator, meanwhile):
    nina = people.invite(by=administrator, **NINA)
    User.objects.filter(pk=nina.pk).update(**meanwhile)
    outbox.deliver()
    assert mail.outbox == []
    row = OutgoingEmail.objects.get()
    assert row.state == "dropped"
    assert row.last_error != ""


def test_invited_again_and_again_one_link_is_sent(administrator, client):
    nina = people.invite(by=administrator, **NINA)
    for _ in range(3):
        people.invite_again(person=nina, by=administrator)
    outbox.deliver()
    assert len(mail.outbox) == 1


# --- The row ----------------------------------------------------------------------------------------------------------


def row_of(member, **fields):
    now = dt.datetime(2025, 6, 11, tzinfo=dt.UTC)
    return OutgoingEmail.objects.create(recipient=member, next_try=now, created=now, **fields)


def test_the_database_knows_which_kinds_are_about_a_case(member):
    case = CaseFactory(member=member)
    wrong = [
        {"kind": "released"},
        {"kind": "released", "case": case},
        {"kind": "released", "release_number": 1},
        {"kind": "invitation", "case": case},
        {"kind": "password_reset", "release_number": 1},
        {"kind": "password_reset", "case": case, "release_number": 1},
    ]
    for fields in wrong:
        with pytest.raises(IntegrityError, match="email_case_by_kind"), transaction.atomic():
            row_of(member, **fields)
    row_of(member, kind="released", case=case, release_number=1)
    row_of(member, kind="invitation")


@pytest.mark.parametrize("kind", ["password_reset", "invitation"])
@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_the_database_keeps_one_open_link_a_person(member, kind, state):
    claimed = {"group": "3cac0aa4-e622-4eb2-b5a7-8426cde2d295", "message_id": "<a@b>"} if state == "sending" else {}
    row_of(member, kind=kind, state=state, **claimed)
    with pytest.raises(IntegrityError), transaction.atomic():
        row_of(member, kind=kind)
    row_of(member, kind=kind, state="failed")
    row_of(UserFactory(), kind=kind)


def test_a_given_up_mail_about_an_account_is_sent_again_and_its_history_says_so(member, administrator, client):
    queue(kind="password_reset", person=member)
    outbox.record(outbox.claim(limit=5)[0], DeliveryResult(Outcome.REJECTED, "550 unknown"))
    client.force_login(administrator)
    page = client.get("/operations/").content.decode()
    assert "Password reset" in page
    email = OutgoingEmail.objects.get()
    client.post(f"/operations/emails/{email.pk}/resend/")
    event = AccountEvent.objects.get()
    assert (event.person, event.kind, event.actor) == (member, "mail_resent", administrator)
    assert outbox.deliver().sent == 1


def test_it_is_not_sent_again_beside_another_one(member, administrator):
    queue(kind="password_reset", person=member)
    outbox.record(outbox.claim(limit=5)[0], DeliveryResult(Outcome.REJECTED, "550 unknown"))
    given_up = OutgoingEmail.objects.get()
    row_of(member, kind="password_reset")
    with pytest.raises(Exception, match="already waiting"):
        resend(email=given_up, by=administrator, source="web")


@pytest.mark.parametrize("value", ["Mia Müller", "mia@example.org", "a text\nof two lines", "x" * 21, ["en"], 1.5])
def test_a_payload_holds_no_text(member, value):
    with pytest.raises(ValueError, match="ids and codes only"):
        queue(kind="invitation", person=member, payload={"language": value})
    assert not OutgoingEmail.objects.exists()


def test_a_payload_holds_ids_and_codes(member):
    queue(kind="invitation", person=member, payload={"case": 7, "language": "pt-br"})
    assert OutgoingEmail.objects.get().payload == {"case": 7, "language": "pt-br"}
