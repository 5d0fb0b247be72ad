"""A claim has its own identity: ending it ends no other, however the counters of the row have changed since."""

import datetime as dt

import pytest
from django.db import OperationalError

from cases import releases
from cases.delivery import email_claims, outbox, retries
from cases.delivery import resend as resend_module
from cases.delivery.email_batch import RenderedEmail
from cases.delivery.results import NO_ADDRESS, DeliveryResult, Outcome
from cases.models import OutgoingEmail
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

# Everything that ends a claim before its lease does.
ENDINGS = {
    "refused": lambda batch: outbox.record(batch, DeliveryResult(Outcome.REJECTED, "550 no")),
    "later": lambda batch: outbox.record(batch, DeliveryResult(Outcome.DEFERRED, "451 later")),
    "no connection": lambda batch: outbox.record(batch, DeliveryResult(Outcome.UNREACHABLE, "timed out")),
    "given back": lambda batch: outbox.return_claim([batch]),
    "dropped": lambda batch: email_claims.drop(batch, RenderedEmail.dropped(batch, "hidden")),
    "no address": lambda batch: email_claims.mark_undeliverable(batch, reason=NO_ADDRESS),
}
# Those after which the row is waiting again.
PASSING = ["later", "no connection", "given back"]


@pytest.fixture
def _waiting(clock, member):
    CaseFactory.create_batch(2, due=True, member=member)
    releases.release_due(by="a test", source="sweep")


def take():
    (batch,) = outbox.claim(limit=5)
    return batch


def rows():
    return list(OutgoingEmail.objects.order_by("pk").values())


@pytest.mark.usefixtures("_waiting")
@pytest.mark.parametrize("late", ENDINGS)
@pytest.mark.parametrize("first", PASSING)
def test_an_end_that_comes_again_leaves_the_next_claim_alone(clock, first, late):
    """The acknowledgment of the first end was lost, so it is repeated while another sender has claimed the rows."""
    slow = take()
    ENDINGS[first](slow)
    clock.shift(dt.timedelta(minutes=1))
    take()
    before = rows()
    ENDINGS[late](slow)
    assert rows() == before


@pytest.mark.usefixtures("_waiting")
@pytest.mark.parametrize("late", ENDINGS)
@pytest.mark.parametrize("tries", [1, 2, 5])
def test_nor_does_any_number_of_tries_in_between_make_two_claims_alike(clock, tries, late):
    claims = []
    for _ in range(tries):
        claims.append(take())
        outbox.return_claim(claims[-1:])
    last = take()
    before = rows()
    for batch in claims:
        ENDINGS[late](batch)
    assert rows() == before
    assert last.claim not in {batch.claim for batch in claims}


@pytest.mark.usefixtures("_waiting")
@pytest.mark.parametrize("late", ENDINGS)
def test_what_was_sent_again_by_a_person_is_another_claim(clock, administrator, late):
    refused = take()
    outbox.record(refused, DeliveryResult(Outcome.REJECTED, "550 no"))
    resend_module.resend(email=OutgoingEmail.objects.first(), by=administrator, source="web")
    take()
    before = rows()
    ENDINGS[late](refused)
    assert rows() == before


@pytest.mark.usefixtures("_waiting")
def test_the_count_of_answers_never_goes_down(clock, administrator):
    counts = [0]

    def note(end):
        end(take())
        clock.shift(dt.timedelta(hours=7))
        counts.append(OutgoingEmail.objects.first().attempts)

    for ending in ("given back", "later", "no connection", "later", "given back", "refused"):
        note(ENDINGS[ending])
    resend_module.resend(email=OutgoingEmail.objects.first(), by=administrator, source="web")
    note(ENDINGS["no connection"])
    note(lambda batch: outbox.record(batch, DeliveryResult(Outcome.SENT)))
    assert counts == [0, 0, 1, 1, 2, 2, 3, 3, 4]


@pytest.mark.usefixtures("_waiting")
def test_after_a_person_had_it_sent_again_it_is_not_given_up_at_the_first_later(clock, administrator):
    OutgoingEmail.objects.update(attempts=40, deferrals=retries.MAX_DEFERRALS - 1)
    ENDINGS["later"](take())
    assert {row["state"] for row in rows()} == {"failed"}
    resend_module.resend(email=OutgoingEmail.objects.first(), by=administrator, source="web")
    ENDINGS["later"](take())
    assert {row["state"] for row in rows()} == {"waiting"}


@pytest.mark.usefixtures("_waiting")
def test_what_was_sent_is_counted_once_however_often_it_is_recorded(clock):
    batch = take()
    for _ in range(3):
        outbox.record(batch, DeliveryResult(Outcome.SENT))
    assert {(row["state"], row["attempts"]) for row in rows()} == {("sent", 1)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_waiting")
def test_a_lost_acknowledgment_of_the_commit_does_not_have_two_senders_send(clock, monkeypatch):
    """The end of the first claim is stored, and its acknowledgment lost. Before it is repeated, another sender claims
    the rows. That claim stays, and no one else may make one."""
    slow = take()
    found = email_claims._held
    seconds = []

    class LosesItsAcknowledgment:
        def __init__(self, batch):
            self.rows = found(batch)

        def update(self, **values):
            self.rows.update(**values)
            if not seconds:
                clock.shift(dt.timedelta(minutes=1))
                seconds.append(take())
                raise OperationalError("the connection is lost")

    monkeypatch.setattr(email_claims, "_held", LosesItsAcknowledgment)
    outbox.record(slow, DeliveryResult(Outcome.UNREACHABLE, "timed out"))
    assert {(row["state"], row["claim"]) for row in rows()} == {("sending", seconds[0].claim)}
    assert outbox.claim(limit=5) == []
