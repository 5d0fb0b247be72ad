"""Mail goes to the address that its reader has when it is sent. To another address, it is another message."""

import datetime as dt

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.accounts import people
from cases.delivery import email_claims, email_kinds, outbox
from cases.delivery.account_email_queue import queue, queue_invitation
from cases.delivery.email_batch import RenderedEmail
from cases.delivery.email_kinds import EmailKind
from cases.delivery.email_message import automatic_message
from cases.delivery.resend import resend
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import OutgoingEmail, User
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db

NEW = "mia@example.org"


def correct(person, administrator, email=NEW):
    people.correct(person=person, by=administrator, email=email, first_name="Mia", last_name="")
    # test_address_notices covers the notice to the former address.
    OutgoingEmail.objects.filter(kind=OutgoingEmail.Kind.ADDRESS_CHANGED).delete()


def later():
    for batch in outbox.claim(limit=5):
        outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "451 later"))


def unreachable():
    for batch in outbox.claim(limit=5):
        outbox.record(batch, DeliveryResult(Outcome.UNREACHABLE, "timed out"))


def died():
    outbox.claim(limit=5)


def refused_and_sent_again(administrator):
    (batch,) = outbox.claim(limit=5)
    outbox.record(batch, DeliveryResult(Outcome.REJECTED, "550 unknown"))
    resend(email=OutgoingEmail.objects.get(), by=administrator, source="web")


BEFORE = {
    "never tried": lambda administrator: None,
    "deferred": lambda administrator: later(),
    "no server": lambda administrator: unreachable(),
    "a sender died": lambda administrator: died(),
    "sent again": refused_and_sent_again,
}


def released(person):
    CaseFactory(due=True, member=person)
    releases.release_due(by="a test", source="sweep")


def invited(person):
    person.set_unusable_password()
    person.save()
    queue_invitation(person)


@pytest.mark.parametrize("about", [released, invited])
@pytest.mark.parametrize("before", BEFORE)
def test_what_waits_goes_to_the_new_address_as_a_new_message(clock, member, administrator, about, before):
    about(member)
    BEFORE[before](administrator)
    former = OutgoingEmail.objects.get()
    correct(member, administrator)
    clock.shift(dt.timedelta(minutes=3))

    assert outbox.deliver().sent == 1

    (message,) = mail.outbox
    assert message.to == [NEW]
    row = OutgoingEmail.objects.get()
    assert (row.state, row.address) == ("sent", NEW)
    assert message.extra_headers["Message-ID"] == row.message_id
    assert row.message_id != former.message_id
    assert row.group != former.group


@pytest.mark.parametrize("about", [released, invited])
@pytest.mark.parametrize("before", [name for name in BEFORE if name != "never tried"])
def test_a_retry_to_the_same_address_keeps_its_message_id(clock, member, administrator, about, before):
    about(member)
    BEFORE[before](administrator)
    first = OutgoingEmail.objects.get()
    correct(member, administrator, email=member.email)
    clock.shift(dt.timedelta(minutes=3))
    outbox.deliver()
    (message,) = mail.outbox
    assert message.extra_headers["Message-ID"] == first.message_id


@pytest.mark.parametrize("about", [released, invited])
def test_an_address_that_changes_after_the_claim_is_seen_before_the_message_is_sent(
    clock, member, administrator, monkeypatch, about
):
    about(member)
    claim = outbox.claim

    def claim_and_correct(**options):
        batches = claim(**options)
        correct(member, administrator)
        return batches

    monkeypatch.setattr(outbox, "claim", claim_and_correct)
    assert outbox.deliver().sent == 1
    assert [message.to for message in mail.outbox] == [[NEW]]


def test_all_cases_of_one_member_leave_together_and_others_keep_their_message(
    clock, member, other_member, administrator
):
    for person in (member, member, other_member):
        released(person)
    later()
    olgas = OutgoingEmail.objects.get(recipient=other_member).message_id
    correct(member, administrator)
    clock.shift(dt.timedelta(minutes=3))
    outbox.deliver()
    sent = {tuple(message.to): message.extra_headers["Message-ID"] for message in mail.outbox}
    assert sent.keys() == {(NEW,), (other_member.email,)}
    assert sent[(other_member.email,)] == olgas


def test_a_late_success_at_the_former_address_does_not_end_the_message_to_the_new_one(clock, member, administrator):
    released(member)
    (slow,) = outbox.claim(limit=5)
    correct(member, administrator)
    clock.shift(email_claims.lease())
    outbox.claim(limit=5)
    outbox.record(slow, DeliveryResult(Outcome.SENT))
    assert OutgoingEmail.objects.get().state == "sending"


def test_a_member_whose_address_is_gone_is_undeliverable_and_holds_up_nobody(clock, member, other_member):
    released(member)
    released(other_member)
    User.objects.filter(pk=member.pk).update(email="")
    outbox.deliver()
    row = OutgoingEmail.objects.get(recipient=member)
    assert (row.state, row.last_error) == ("undeliverable", "The member has no email address.")
    assert [message.to for message in mail.outbox] == [[other_member.email]]


def cost_of_a_claim(*people, moved):
    for person in people:
        released(person)
    for person in people if moved else ():
        person.email = f"new-{person.email}"
        person.save()
    with CaptureQueriesContext(connection) as queries:
        assert len(outbox.claim(limit=20)) == len(people)
    return len(queries)


def test_a_claim_costs_one_statement_more_however_many_addresses_have_changed(clock, member):
    usual = cost_of_a_claim(member, moved=False)
    assert cost_of_a_claim(UserFactory(), moved=True) == usual + 1
    assert cost_of_a_claim(*UserFactory.create_batch(12), moved=True) == usual + 1


@pytest.fixture
def notice(monkeypatch):
    """A kind that goes to the address it was created with, whatever the person's address is now."""

    def write(batch, context):
        return RenderedEmail(
            automatic_message(subject="Moved", text="…", address=batch.address, message_id=batch.message_id)
        )

    monkeypatch.setitem(email_kinds.KINDS, "notice", EmailKind(write, keeps_address=True))
    return "notice"


def test_a_kind_may_keep_the_address_it_was_made_with(clock, member, administrator, notice):
    queue(kind=notice, person=member, address="mia@example.com")
    queue(kind=notice, person=member, address="older@example.com", payload={"event": 7})
    correct(member, administrator)
    outbox.deliver()
    assert sorted(message.to[0] for message in mail.outbox) == ["mia@example.com", "older@example.com"]
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 2


def test_a_kind_that_this_version_does_not_know_is_left_alone(clock, member, other_member):
    queue(kind="from the future", person=member)
    released(other_member)
    assert outbox.deliver().sent == 1
    assert OutgoingEmail.objects.get(recipient=member).state == "waiting"
    assert not outbox.is_waiting()
