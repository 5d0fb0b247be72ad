"""The outbox: claim, send, record, give up; at least once, under one Message-ID (docs/rules.md, 12)."""

import datetime as dt
import random
import threading
import time
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.core.mail import BadHeaderError, EmailMultiAlternatives
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import releases
from cases.accounts import people
from cases.delivery import delivery_claims, email_claims, outbox, resend, retries
from cases.delivery import release_email as mail_module
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import Case, OutgoingEmail, User
from tests.conftest import FROZEN
from tests.factories import CaseFactory, UserFactory
from tests.services import MailServer, SilentServer, free_port

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)


class Server(MailServer):
    """A mail server with special responses for some addresses, at RCPT or DATA, such as "550 unknown". CUT closes the
    connection without a word (at DATA: after the message was accepted)."""

    def __init__(self):
        super().__init__()
        self.at_rcpt, self.at_data = {}, {}
        self.at_mail = "250 OK"
        self.connections = 0

    def to(self, address):
        return [message for message in self.taken if message["To"] == address]

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.at_mail.startswith("250"):
            envelope.mail_from = address
        return self.at_mail

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.at_rcpt.get(address) == CUT:
            server.transport.abort()
        self.answer_recipient = lambda address: self.at_rcpt.get(address, "250 OK")
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.at_data.get(envelope.rcpt_tos[0], "250 OK")
        self.answer_message = lambda _: "250 OK" if answer == CUT else answer
        said = await super().handle_DATA(server, session, envelope)
        if answer == CUT:
            server.transport.abort()
        return said


CUT = "cut"


@pytest.fixture
def server(settings):
    """A mail server, and settings that name it."""
    with Server().running() as running:
        lead_to(settings, running.port)
        yield running


def lead_to(settings, port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def release_for(*members):
    """Create one case for each of `members`, released together, with waiting emails."""
    made = [CaseFactory(due=True, member=member) for member in members]
    releases.release_due(by="test", source="command")
    return made


def row(case) -> OutgoingEmail:
    return OutgoingEmail.objects.get(case=case)


def states(*cases):
    return [row(case).state for case in cases]


@pytest.fixture
def no_jitter(monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda low, high: (low + high) / 2)


# --- Claims -----------------------------------------------------------------------------------------------------------


def test_a_claim_takes_all_that_waits_for_a_member_as_one_message(clock, member, other_member):
    of_mia, of_olga = release_for(member, member, member), release_for(other_member)

    batches = {batch.recipient_id: batch for batch in outbox.claim(limit=10)}

    assert set(batches) == {member.pk, other_member.pk}
    assert set(batches[member.pk].case_ids) == {case.pk for case in of_mia}
    assert batches[member.pk].group != batches[other_member.pk].group
    assert batches[member.pk].message_id != batches[other_member.pk].message_id
    for case in of_mia:
        email = row(case)
        assert (email.state, email.attempts, email.next_try) == ("sending", 0, FROZEN + email_claims.lease())
        assert (email.group, email.message_id) == (batches[member.pk].group, batches[member.pk].message_id)
    assert states(*of_olga) == ["sending"]


def test_a_claim_takes_no_more_members_than_it_is_told_and_the_longest_waiting_first(clock, member, other_member):
    release_for(other_member)
    clock.shift(SECOND)
    release_for(member)
    (batch,) = outbox.claim(limit=1)
    assert batch.recipient_id == other_member.pk


def test_what_is_claimed_is_not_claimed_again_before_its_lease_ends(clock, member):
    release_for(member)
    (first,) = outbox.claim(limit=10)
    clock.shift(email_claims.lease() - SECOND)
    assert not outbox.is_waiting()
    assert outbox.claim(limit=10) == []

    clock.shift(SECOND)
    assert outbox.is_waiting()
    (second,) = outbox.claim(limit=10)
    assert (second.group, second.message_id) == (first.group, first.message_id)
    assert first.claim != second.claim


def test_a_group_stays_together_and_what_comes_later_is_another_message(clock, member):
    release_for(member, member)
    (first,) = outbox.claim(limit=10)
    (late,) = release_for(member)
    clock.shift(email_claims.lease())

    again, new = sorted(outbox.claim(limit=10), key=lambda batch: batch.case_ids)
    assert (again.message_id, again.case_ids) == (first.message_id, first.case_ids)
    assert new.case_ids == (late.pk,)
    assert new.message_id != first.message_id


def test_what_is_given_back_waits_again_and_was_not_an_attempt(clock, member):
    (case,) = release_for(member)
    (first,) = outbox.claim(limit=10)
    outbox.return_claim([first])
    assert (row(case).state, row(case).attempts, row(case).next_try) == ("waiting", 0, FROZEN)
    (second,) = outbox.claim(limit=10)
    assert (second.message_id, second.deferrals) == (first.message_id, 0)


def test_nothing_is_claimed_for_those_who_have_no_address(member):
    release_for(UserFactory(email=""), UserFactory(is_active=False))
    assert not outbox.is_waiting()
    assert outbox.claim(limit=10) == []


def test_message_ids_carry_the_senders_domain(settings, member):
    settings.DEFAULT_FROM_EMAIL = "The portal <portal@advice.example>"
    release_for(member)
    (batch,) = outbox.claim(limit=1)
    assert batch.message_id == f"<mail-{batch.group.hex}@advice.example>"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_claims_of_many_senders_never_overlap():
    for _ in range(3):
        release_for(*(UserFactory() for _ in range(40)))
    found, start = [], threading.Barrier(4)

    def sender():
        start.wait()
        try:
            while batches := outbox.claim(limit=5):
                found.extend(case_id for batch in batches for case_id in batch.case_ids)
        finally:
            connection.close()

    senders = [threading.Thread(target=sender) for _ in range(4)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()

    assert len(found) == len(set(found))
    # A sender that finds the rest locked stops. The next one claims what is left.
    left = {case_id for batch in outbox.claim(limit=200) for case_id in batch.case_ids}
    assert not left & set(found)
    assert left | set(found) == set(Case.objects.values_list("pk", flat=True))


@pytest.mark.postgresql
def test_a_sender_whose_clock_is_ahead_steals_no_running_claim(member):
    release_for(member)
    (first,) = outbox.claim(limit=1)
    with time_machine.travel(timezone.now() + dt.timedelta(days=1)):
        assert not outbox.is_waiting()
        assert outbox.claim(limit=1) == []
    OutgoingEmail.objects.update(next_try=timezone.now())
    assert outbox.claim(limit=1)[0].message_id == first.message_id


@pytest.mark.postgresql
@pytest.mark.parametrize("days", [-1, 1])
def test_a_wrong_clock_of_a_sender_makes_no_mail_wait(member, days):
    (case,) = release_for(member)
    with time_machine.travel(timezone.now() + dt.timedelta(days=days)):
        (batch,) = outbox.claim(limit=1)
        claimed_until = row(case).next_try
        outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "busy"))
    assert SECOND < claimed_until - timezone.now() <= email_claims.lease()
    assert SECOND < row(case).next_try - timezone.now() < dt.timedelta(minutes=1)


QUICK = "SET LOCAL synchronous_commit = off; "


def statements(run) -> list[str]:
    """Return what `run` sends to the database."""
    with CaptureQueriesContext(connection) as queries:
        run()
    return [query["sql"] for query in queries]


def test_a_claim_costs_the_same_statements_however_many_it_takes(member):
    release_for(member)
    for_one = statements(lambda: outbox.claim(limit=20))
    release_for(*(UserFactory() for _ in range(20)))
    assert len(statements(lambda: outbox.claim(limit=20))) == len(for_one)


# --- What is recorded -------------------------------------------------------------------------------------------------


def test_sent_is_recorded(clock, member):
    cases = release_for(member, member)
    (batch,) = outbox.claim(limit=1)
    outbox.record(batch, DeliveryResult(Outcome.SENT))
    assert [(row(case).state, row(case).sent, row(case).last_error) for case in cases] == [("sent", FROZEN, "")] * 2
    clock.shift(dt.timedelta(days=1))
    assert not outbox.is_waiting()


def test_refused_for_good_is_not_tried_again(clock, member):
    (case,) = release_for(member)
    (batch,) = outbox.claim(limit=1)
    outbox.record(batch, DeliveryResult(Outcome.REJECTED, "550 unknown"))
    assert (row(case).state, row(case).last_error) == ("failed", "550 unknown")
    clock.shift(dt.timedelta(days=100))
    assert outbox.claim(limit=1) == []


def pauses(clock, outcome, tries):
    """Return the pauses in seconds after that many failures."""
    found = []
    for _ in range(tries):
        (batch,) = outbox.claim(limit=1)
        outbox.record(batch, DeliveryResult(outcome, "not now"))
        email = OutgoingEmail.objects.get()
        assert (email.state, email.last_error) == ("waiting", "not now")
        found.append((email.next_try - timezone.now()).total_seconds())
        clock.move_to(email.next_try)
    return found


def test_a_recipient_who_says_later_is_tried_ever_more_rarely_and_then_given_up(clock, member, no_jitter):
    release_for(member)
    found = pauses(clock, Outcome.DEFERRED, retries.MAX_DEFERRALS - 1)
    assert found[:4] == [20, 40, 80, 160]
    assert all(after == min(2 * before, 6 * 3600) for before, after in pairwise(found))
    assert dt.timedelta(days=1.9) < dt.timedelta(seconds=sum(found)) < dt.timedelta(days=2.1)

    (batch,) = outbox.claim(limit=1)
    outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "450 busy"))
    email = OutgoingEmail.objects.get()
    assert email.state == "failed"
    assert "450 busy" in email.last_error


def test_while_our_own_server_is_down_nothing_is_given_up(clock, member, no_jitter):
    release_for(member)
    found = pauses(clock, Outcome.UNREACHABLE, retries.MAX_DEFERRALS + 10)
    assert set(found) == {30}
    (batch,) = outbox.claim(limit=1)
    outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "450 greylisted"))
    assert OutgoingEmail.objects.get().state == "waiting", "the first real answer is the first attempt"


def test_pauses_vary_by_a_quarter(clock, member):
    release_for(*(UserFactory() for _ in range(30)))
    for batch in outbox.claim(limit=30):
        outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "busy"))
    found = {(email.next_try - FROZEN).total_seconds() for email in OutgoingEmail.objects.all()}
    assert len(found) > 20
    assert min(found) >= 15
    assert max(found) <= 25


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.DEFERRED, Outcome.UNREACHABLE])
def test_a_sender_whose_lease_has_ended_overrules_nobody(clock, member, outcome):
    (case,) = release_for(member)
    (slow,) = outbox.claim(limit=1)
    clock.shift(email_claims.lease())
    (quick,) = outbox.claim(limit=1)
    before = OutgoingEmail.objects.values().get()

    outbox.record(slow, DeliveryResult(outcome, "too late"))
    outbox.return_claim([slow])
    assert OutgoingEmail.objects.values().get() == before

    outbox.record(quick, DeliveryResult(Outcome.SENT))
    outbox.record(slow, DeliveryResult(outcome, "too late"))
    assert states(case) == ["sent"]


def test_a_success_is_recorded_however_late(clock, member):
    (case,) = release_for(member)
    (slow,) = outbox.claim(limit=1)
    clock.shift(email_claims.lease())
    outbox.claim(limit=1)
    outbox.record(slow, DeliveryResult(Outcome.SENT))
    assert states(case) == ["sent"]


@pytest.mark.postgresql
def test_a_record_finds_its_rows_by_their_key(member):
    release_for(*[member] * 3, *(UserFactory() for _ in range(300)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_outgoingemail")
        # A full read of a table with a few pages is just as cheap. The planner chose by its number of pages.
        cursor.execute("SET LOCAL enable_seqscan = off")
        for batch in outbox.claim(limit=5):
            (update,) = [sql for sql in recorded(batch) if "UPDATE" in sql]
            cursor.execute(f"EXPLAIN {update.removeprefix(QUICK)}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "cases_outgoingemail_pkey" in plan, plan
            assert "Seq Scan" not in plan, plan


def recorded(batch):
    return statements(lambda: outbox.record(batch, DeliveryResult(Outcome.SENT)))


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_only_the_record_of_what_was_sent_does_not_wait_for_the_disk(member, other_member):
    """If a crash of the database could undo a claim, its mail would be sent again under another Message-ID."""
    claimed = []
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")  # the tests' server has it off
    usual = statements(lambda: release_for(member, other_member))
    usual += statements(lambda: claimed.extend(outbox.claim(limit=2)))
    sent, refused = claimed
    usual += statements(lambda: outbox.record(refused, DeliveryResult(Outcome.REJECTED, "550 unknown")))
    assert not [sql for sql in usual if "synchronous_commit" in sql]
    assert [sql.startswith(f"{QUICK}UPDATE") for sql in recorded(sent)] == [False, True]
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
        cursor.execute("RESET synchronous_commit")


# --- Delivery to a real server ----------------------------------------------------------------------------------------


def test_each_member_gets_one_message_that_lists_their_cases(server, member, other_member):
    of_mia, of_olga = release_for(member, member), release_for(other_member)

    report = outbox.deliver()

    assert (report.sent, report.retried, report.failed, report.has_more) == (2, 0, 0, False)
    (to_mia,), (to_olga,) = server.to(member.email), server.to(other_member.email)
    text = to_mia.get_body(("plain",)).get_content()
    html = to_mia.get_body(("html",)).get_content()
    for case in of_mia:
        assert case.external_case_id in text
        assert case.external_case_id in html
        assert f"/cases/{case.pk}/" in text
    assert of_olga[0].external_case_id not in text
    assert to_mia["Subject"] == "2 of your cases are ready"
    assert to_olga["Subject"] == f"Your case {of_olga[0].external_case_id} is ready"
    assert to_mia["Auto-Submitted"] == "auto-generated"
    assert to_mia["Message-ID"] == row(of_mia[0]).message_id == row(of_mia[1]).message_id
    assert states(*of_mia, *of_olga) == ["sent"] * 3
    assert server.connections == 1, "one connection carries them all"


@pytest.mark.parametrize(
    "sender", ["portal@advice.example", "Über " * 20 + "<portal@advice.example>"], ids=["short", "long"]
)
@pytest.mark.parametrize("address", ["mia@example.com", "mia@" + "exämple." * 8 + "com"], ids=["short", "long"])
def test_a_message_says_what_djangos_own_says(settings, member, sender, address):
    """Its headers are folded faster, and its boundary is generated differently."""
    settings.DEFAULT_FROM_EMAIL = sender
    member.first_name = "Mia Ångström"
    case = CaseFactory(released=True, title="Größe & <Gewicht>")
    ours = mail_module.released_message(
        recipient=member, address=address, cases=[case], message_id="<a@advice.example>"
    )
    djangos = EmailMultiAlternatives(ours.subject, ours.body, to=ours.to, headers=ours.extra_headers)
    djangos.attach_alternative(*ours.alternatives[0])
    written, usual = ours.message(), djangos.message()
    usual.set_boundary(written.get_boundary())
    usual.replace_header("Date", written["Date"])
    assert written.as_bytes(linesep="\r\n") == usual.as_bytes(linesep="\r\n")


@pytest.mark.parametrize("injected", ["mia@example.com\nBcc: all@example.com", "mia@example.com\r\n\r\nBuy"], ids=repr)
def test_no_address_adds_a_header(member, injected):
    message = mail_module.released_message(
        recipient=member, address=injected, cases=[CaseFactory(released=True)], message_id="<a@b>"
    )
    with pytest.raises(BadHeaderError):
        message.message()


def test_nothing_is_sent_twice(server, member):
    release_for(member)
    assert [outbox.deliver().sent, outbox.deliver().sent] == [1, 0]
    assert len(server.taken) == 1


def test_a_long_list_is_cut(server, member):
    release_for(*[member] * 53)
    outbox.deliver()
    text = server.taken[0].get_body(("plain",)).get_content()
    assert server.taken[0]["Subject"] == "53 of your cases are ready"
    assert text.count("/cases/") == 50
    assert "3 more" in text


REFUSALS = [
    # when the server replies, what it says → what happens to the row
    ("at_rcpt", "550 5.1.1 unknown", "failed"),
    ("at_rcpt", "450 4.2.1 try later", "waiting"),
    ("at_rcpt", "421 4.3.2 closing down", "waiting"),
    ("at_data", "554 5.7.1 spam", "failed"),
    ("at_data", "451 4.3.0 try later", "waiting"),
    ("at_rcpt", CUT, "waiting"),
    ("at_data", CUT, "waiting"),
]


@pytest.mark.parametrize(
    ("when", "answer", "state"), REFUSALS, ids=[f"{when} {answer}" for when, answer, _ in REFUSALS]
)
def test_one_recipient_whom_the_server_does_not_take_holds_up_nobody(server, member, when, answer, state):
    getattr(server, when)[member.email] = answer
    members = [UserFactory(), UserFactory(), member, UserFactory(), UserFactory()]
    cases = release_for(*members)

    report = outbox.deliver()

    assert states(*cases) == ["sent", "sent", state, "sent", "sent"]
    assert report.sent == 4
    assert (report.failed, report.retried) == ((1, 0) if state == "failed" else (0, 1))
    assert row(cases[2]).last_error != ""
    if answer != CUT:
        assert answer[:3] in row(cases[2]).last_error
    assert row(cases[2]).interrupted == (answer == CUT), "only without an answer it may have been taken"


def test_a_message_that_was_taken_and_not_confirmed_is_sent_again_under_the_same_id(server, clock, member):
    (case,) = release_for(member)
    server.at_data[member.email] = CUT
    outbox.deliver()
    assert (states(case), row(case).interrupted) == (["waiting"], True)

    server.at_data.clear()
    clock.shift(dt.timedelta(minutes=1))
    outbox.deliver()
    assert states(case) == ["sent"]
    assert len(server.taken) == 2
    assert len({message["Message-ID"] for message in server.taken}) == 1


@pytest.mark.parametrize("address", ["mia@exam\nple.com", "mia@", "@", "mia@@example.com"], ids=repr)
def test_an_address_that_no_message_can_carry_fails_for_good_and_alone(server, member, address):
    broken = UserFactory(email=address)
    good, bad = release_for(member, broken)
    outbox.deliver()
    assert states(good, bad) == ["sent", "failed"]


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("Bücher <portal@bücher.example>", "xn--bcher-kva.example"),
        ("portal@a.example", "a.example"),
        ("portal@a.example.", "a.example."),
    ],
)
def test_a_message_id_is_ascii(sender, domain, settings, member):
    """Any other letter would be encoded, and no program recognizes the result as a Message-ID."""
    settings.DEFAULT_FROM_EMAIL = sender
    (case,) = release_for(member)
    outbox.deliver()
    message_id = row(case).message_id
    assert message_id.endswith(f"@{domain}>")
    assert f"Message-ID: {message_id}\n" in mail.outbox[0].message().as_string()


SENDERS = {
    # what the server says about the sender → what happens to the row, and how long it pauses first
    "550 5.7.1 <portal@localhost> is not yours": ("waiting", 20),
    "501 5.1.7 bad sender": ("waiting", 20),
    "530 5.7.0 authenticate first": ("waiting", 20),
    "552 5.3.4 the message is too large": ("failed", 0),
    "450 4.1.8 sender address rejected: domain not found": ("waiting", 20),
    "450 4.7.1 too many messages": ("waiting", 20),
    "450 not now": ("waiting", 20),
    "451 4.3.0 try later": ("waiting", 30),
    "452 4.3.1 the disk is full": ("waiting", 30),
    "451 local error": ("waiting", 30),
    "421 4.3.2 closing down": ("waiting", 30),
}


@pytest.mark.parametrize("answer", SENDERS)
def test_a_sender_whom_the_server_refuses_is_tried_again_ever_more_rarely(answer, server, clock, member, no_jitter):
    """Someone may correct the settings at any time. A message that is too large stays too large."""
    (case,), (state, pause) = release_for(member), SENDERS[answer]
    server.at_mail = answer
    report = outbox.deliver()
    email = row(case)
    assert (report.failed, report.retried) == ((1, 0) if state == "failed" else (0, 1))
    assert (email.state, email.interrupted) == (state, False)
    assert answer[:9] in email.last_error
    assert "portal@localhost" not in email.last_error
    if pause:
        assert pause <= (email.next_try - FROZEN).total_seconds() < pause + 5


LATE = [
    ("at_rcpt", "553 5.7.1 <portal@localhost>: Sender address rejected: not owned by user portal"),
    ("at_rcpt", "550 5.1.8 bad sender"),
    ("at_data", "550 5.7.60 no permission to send as this sender"),
]


@pytest.mark.parametrize(("when", "answer"), LATE, ids=[answer for _when, answer in LATE])
def test_a_server_may_refuse_the_sender_once_it_knows_the_recipient(when, answer, server, member, no_jitter):
    """Postfix does so, unless configured otherwise."""
    (case,) = release_for(member)
    getattr(server, when)[member.email] = answer
    outbox.deliver()
    email = row(case)
    assert (email.state, email.deferrals) == ("waiting", 1)
    assert email.last_error.startswith(f"SMTPSenderRefused: {answer[:9]}")


@pytest.mark.parametrize("answer", ["550 5.7.1 not yours", "450 4.1.8 domain not found"])
def test_a_sender_whom_the_server_refuses_for_two_days_is_given_up(answer, server, clock, member):
    (case,) = release_for(member)
    server.at_mail = answer
    for tries in range(1, retries.MAX_DEFERRALS + 1):
        assert row(case).state == "waiting", tries
        outbox.deliver()
        clock.move_to(max(row(case).next_try, timezone.now()))
    assert row(case).state == "failed"
    assert timezone.now() - FROZEN > dt.timedelta(days=1)
    assert not User.objects.get(pk=member.pk).email_bounced


def test_what_waited_for_a_sender_that_is_taken_is_sent(server, clock, member):
    (case,) = release_for(member)
    server.at_mail = "550 5.7.1 not yours"
    outbox.deliver()
    server.at_mail = "250 OK"
    clock.move_to(row(case).next_try)
    assert outbox.deliver().sent == 1


def nobody_listens(settings):
    lead_to(settings, free_port())


def test_a_server_that_is_down_ends_the_run_after_some_patience(settings, clock):
    nobody_listens(settings)
    cases = release_for(*(UserFactory() for _ in range(6)))

    report = outbox.deliver()

    assert (report.sent, report.retried, report.has_more) == (0, outbox.MAX_CONNECTION_FAILURES, False)
    assert states(*cases) == ["waiting"] * 6
    assert {row(case).attempts for case in cases} == {0}
    assert sorted(bool(row(case).last_error) for case in cases) == [False] * 3 + [True] * 3


def test_a_server_whose_name_cannot_be_said_is_a_server_that_is_down(settings, clock):
    nobody_listens(settings)
    settings.EMAIL_HOST = "a..example"
    cases = release_for(*(UserFactory() for _ in range(6)))
    assert outbox.deliver().retried == outbox.MAX_CONNECTION_FAILURES
    assert states(*cases) == ["waiting"] * 6
    assert sorted(row(case).last_error for case in cases) == [""] * 3 + ["UnicodeError"] * 3


def test_a_server_that_says_nothing_costs_a_few_time_outs(settings):
    settings.EMAIL_TIMEOUT = 0.1
    silent = SilentServer()
    lead_to(settings, urlsplit(silent.url).port)
    cases = release_for(*(UserFactory() for _ in range(5)))
    outbox.deliver()
    assert states(*cases) == ["waiting"] * 5
    assert silent.clients == outbox.MAX_CONNECTION_FAILURES
    silent.stop()


def test_what_waited_for_the_server_goes_out_when_it_is_back(settings, clock):
    nobody_listens(settings)
    cases = release_for(*(UserFactory() for _ in range(4)))
    outbox.deliver()
    with Server().running() as server:
        lead_to(settings, server.port)
        clock.shift(dt.timedelta(minutes=1))
        assert outbox.deliver().sent == 4
    assert states(*cases) == ["sent"] * 4


def test_a_run_that_is_out_of_time_gives_back_and_says_that_there_is_more(server, clock, member, other_member):
    cases = release_for(member, other_member)
    report = outbox.deliver(seconds=0)
    assert (report.sent, report.has_more) == (0, True)
    assert [(row(case).state, row(case).attempts) for case in cases] == [("waiting", 0)] * 2
    assert outbox.deliver(seconds=5).sent == 2


def test_more_than_one_claim_is_worked_through(server):
    cases = release_for(*(UserFactory() for _ in range(outbox.ROWS_PER_CLAIM + 5)))
    assert outbox.deliver().sent == len(cases)


def hidden_again(case):
    """As a recall leaves it."""
    Case.objects.filter(pk=case.pk).update(actual_release_date=None)


def test_a_case_that_is_hidden_again_is_not_announced(server, member):
    (case,) = release_for(member)
    hidden_again(case)
    outbox.deliver()
    assert server.taken == []
    assert states(case) == ["dropped"]


def test_of_several_cases_only_those_still_visible_are_announced_and_said_to_be_sent(server, member):
    kept, hidden = release_for(member, member)
    hidden_again(hidden)
    outbox.deliver()
    (message,) = server.taken
    text = message.get_body(("plain",)).get_content()
    assert kept.external_case_id in text
    assert hidden.external_case_id not in text
    assert states(kept, hidden) == ["sent", "dropped"]


def test_a_case_that_is_hidden_while_its_claim_is_worked_through_is_not_announced(
    server, member, other_member, monkeypatch
):
    monkeypatch.setattr(outbox, "CONTEXT_SECONDS", 0)
    cases = {case.member.email: case for case in release_for(member, other_member)}
    send = outbox.Transport.send

    def hide_the_others_and_send(self, message):
        for address, case in cases.items():
            if address not in message.to:
                hidden_again(case)
        return send(self, message)

    monkeypatch.setattr(outbox.Transport, "send", hide_the_others_and_send)
    outbox.deliver()
    assert len(server.taken) == 1
    assert sorted(states(*cases.values())) == ["dropped", "sent"]


def test_a_case_that_has_become_another_members_is_announced_to_nobody(server, member, other_member):
    (case,) = release_for(member)
    Case.objects.filter(pk=case.pk).update(member=other_member)
    outbox.deliver()
    assert server.taken == []
    assert states(case) == ["dropped"]


@pytest.mark.parametrize("view", ["hidden", "in_progress", "announced"])
@pytest.mark.parametrize("active", [True, False])
def test_what_members_may_see_is_the_same_asked_for_all_at_once(settings, member, other_member, view, active):
    settings.RELEASE_MEMBER_VIEW = view
    type(member).objects.filter(pk=member.pk).update(is_active=active)
    member.refresh_from_db()
    for state in ({"draft": True}, {"submitted": True}, {}, {"held": True}, {"scheduled": True}, {"released": True}):
        CaseFactory(member=member, **state)
        CaseFactory(member=other_member, **state)
    at_once = Case.objects.visible_to_their_members()
    for person in (member, other_member):
        assert set(at_once.filter(member=person)) == set(Case.objects.visible_to(person))


def test_a_sender_with_more_than_it_claims_says_so_once(server):
    asked = []
    release_for(*(UserFactory() for _ in range(2 * outbox.ROWS_PER_CLAIM)))
    outbox.deliver(when_more=lambda: asked.append(len(server.taken)))
    assert asked == [outbox.ROWS_PER_CLAIM]
    release_for(*(UserFactory() for _ in range(outbox.ROWS_PER_CLAIM - 1)))
    outbox.deliver(when_more=lambda: asked.append("again"))
    assert len(asked) == 1


def test_a_member_deactivated_meanwhile_gets_nothing_until_it_is_resent(server, member, administrator):
    """The same becomes of it as of an email that was written while the account was deactivated."""
    (earlier,) = release_for(member)
    people.deactivate(person=member, by=administrator)
    (later,) = release_for(member)
    outbox.deliver()
    assert server.taken == []
    assert states(earlier) == states(later) == ["undeliverable"]
    assert len({email.last_error for email in OutgoingEmail.objects.all()}) == 1

    people.reactivate(person=member, by=administrator)
    assert resend.resend_to(person=member, by=administrator, source="web") == 2
    outbox.deliver()
    assert states(earlier) == states(later) == ["sent"]


@pytest.mark.parametrize("view", ["in_progress", "announced"])
def test_no_view_of_members_announces_what_is_not_released(server, settings, member, view):
    settings.RELEASE_MEMBER_VIEW = view
    (case,) = release_for(member)
    hidden_again(case)
    outbox.deliver()
    assert server.taken == []


def test_a_message_that_cannot_be_written_does_not_hold_up_the_others(member, other_member, clock, monkeypatch):
    """A poison email is tried again later, with its reason. The next one is sent."""
    CaseFactory(due=True, member=member)
    CaseFactory(due=True, member=other_member)
    releases.release_due(by="test", source="command")
    write = mail_module.released_message

    def broken_for_mia(*, recipient, **options):
        if recipient == member:
            raise KeyError("no such template")
        return write(recipient=recipient, **options)

    monkeypatch.setattr(mail_module, "released_message", broken_for_mia)
    report = outbox.deliver()
    assert (report.sent, report.retried) == (1, 1)
    row = OutgoingEmail.objects.get(recipient=member)
    assert (row.state, row.last_error) == ("waiting", "The message could not be written: KeyError")
    assert row.next_try > timezone.now()


@pytest.mark.parametrize("timeout", [1, 10, 60])
def test_a_slow_server_is_still_served_and_its_lease_outlasts_a_message(timeout, member, settings):
    settings.EMAIL_TIMEOUT = timeout
    CaseFactory(due=True, member=member)
    releases.release_due(by="test", source="command")
    assert email_claims.lease() >= dt.timedelta(seconds=delivery_claims.CLAIM_SECONDS + 4 * timeout)
    assert outbox.deliver().sent == 1


@pytest.mark.parametrize("address", ['"', "a@[", "<>", " .>"])
def test_an_address_that_no_library_understands_stops_nobody(address, member, other_member, settings):
    """They raise IndexError, AttributeError and TypeError deep in Django and Python."""
    with MailServer().running() as server:
        lead_to(settings, server.port)
        type(member).objects.filter(pk=member.pk).update(email=address)
        CaseFactory(due=True, member=member)
        CaseFactory(due=True, member=other_member)
        releases.release_due(by="test", source="command")
        outbox.deliver()
        assert [message["To"] for message in server.taken] == ["olga@example.com"]
    assert OutgoingEmail.objects.get(recipient=member).state == "failed"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_senders_never_share_one_members_mail(member):
    """While one claims, the other skips the whole member, not only the rows that are locked so far."""
    for _ in range(3):
        CaseFactory(due=True, member=member)
    releases.release_due(by="test", source="command")
    found = []

    def other():
        found.append(outbox.claim(limit=1))
        connection.close()

    with transaction.atomic():
        first = outbox.claim(limit=1)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert [len(batch.case_ids) for batch in first] == [3]
    assert found == [[]]


def test_slow_servers_use_up_claims_and_not_the_run(member, other_member, monkeypatch):
    monkeypatch.setattr(outbox, "CLAIM_SECONDS", 0.05)
    monkeypatch.setattr(outbox, "ROWS_PER_CLAIM", 10)
    send = outbox.Transport.send

    def slowly(self, message):
        time.sleep(0.04)
        return send(self, message)

    monkeypatch.setattr(outbox.Transport, "send", slowly)
    for _ in range(8):
        CaseFactory(due=True)
    releases.release_due(by="test", source="command")
    assert outbox.deliver().sent == 8
