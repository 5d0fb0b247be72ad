"""A claim has an identity of its own: what ends it ends no other, however the counts of the row have changed since."""

import datetime as dt

import pytest
from django.db import OperationalError

from cases import releases
from cases.delivery import leases, outbox
from cases.delivery import resend as resend_module
from cases.delivery.email_batch import Written
from cases.delivery.transport import Outcome, Verdict
from cases.models import OutgoingEmail
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

# All that ends a claim before its lease does.
ENDINGS = {
    "refused": lambda parcel: outbox.record(parcel, Verdict(Outcome.REFUSED, "550 no")),
    "later": lambda parcel: outbox.record(parcel, Verdict(Outcome.LATER, "451 later")),
    "no connection": lambda parcel: outbox.record(parcel, Verdict(Outcome.NO_CONNECTION, "timed out")),
    "given back": lambda parcel: outbox.give_back([parcel]),
    "dropped": lambda parcel: leases.drop(parcel, Written.nothing(parcel, "hidden")),
    "no address": leases.give_up_without_address,
}
# Those after which the row waits again.
PASSING = ["later", "no connection", "given back"]


@pytest.fixture
def _waiting(clock, mia):
    CaseFactory.create_batch(2, due=True, member=mia)
    releases.release_due(by="a test", source="sweep")


def take():
    (parcel,) = outbox.claim(limit=5)
    return parcel


def rows():
    return list(OutgoingEmail.objects.order_by("pk").values())


@pytest.mark.usefixtures("_waiting")
@pytest.mark.parametrize("late", ENDINGS)
@pytest.mark.parametrize("first", PASSING)
def test_an_end_that_comes_again_leaves_the_next_claim_alone(clock, first, late):
    """The acknowledgment of the first end was lost: it is repeated while another sender holds the rows."""
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
        outbox.give_back(claims[-1:])
    last = take()
    before = rows()
    for parcel in claims:
        ENDINGS[late](parcel)
    assert rows() == before
    assert last.claim not in {parcel.claim for parcel in claims}


@pytest.mark.usefixtures("_waiting")
@pytest.mark.parametrize("late", ENDINGS)
def test_what_was_sent_again_by_a_person_is_another_claim(clock, ada, late):
    refused = take()
    outbox.record(refused, Verdict(Outcome.REFUSED, "550 no"))
    resend_module.resend(email=OutgoingEmail.objects.first(), by=ada, source="web")
    take()
    before = rows()
    ENDINGS[late](refused)
    assert rows() == before


@pytest.mark.usefixtures("_waiting")
def test_the_count_of_answers_never_goes_down(clock, ada):
    counts = [0]

    def note(end):
        end(take())
        clock.shift(dt.timedelta(hours=7))
        counts.append(OutgoingEmail.objects.first().attempts)

    for ending in ("given back", "later", "no connection", "later", "given back", "refused"):
        note(ENDINGS[ending])
    resend_module.resend(email=OutgoingEmail.objects.first(), by=ada, source="web")
    note(ENDINGS["no connection"])
    note(lambda parcel: outbox.record(parcel, Verdict(Outcome.SENT)))
    assert counts == [0, 0, 1, 1, 2, 2, 3, 3, 4]


@pytest.mark.usefixtures("_waiting")
def test_after_a_person_had_it_sent_again_it_is_not_given_up_at_the_first_later(clock, ada):
    OutgoingEmail.objects.update(attempts=40, deferrals=leases.MAX_DEFERRALS - 1)
    ENDINGS["later"](take())
    assert {row["state"] for row in rows()} == {"failed"}
    resend_module.resend(email=OutgoingEmail.objects.first(), by=ada, source="web")
    ENDINGS["later"](take())
    assert {row["state"] for row in rows()} == {"waiting"}


@pytest.mark.usefixtures("_waiting")
def test_what_was_sent_is_counted_once_however_often_it_is_recorded(clock):
    parcel = take()
    for _ in range(3):
        outbox.record(parcel, Verdict(Outcome.SENT))
    assert {(row["state"], row["attempts"]) for row in rows()} == {("sent", 1)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_waiting")
def test_a_lost_acknowledgment_of_the_commit_does_not_have_two_senders_send(clock, monkeypatch):
    """The end of the first claim is stored, and its acknowledgment lost. Before it is repeated, another sender claims:
    that claim holds, and nobody else may make one."""
    slow = take()
    found = leases._claimed
    seconds = []

    class LosesItsAcknowledgment:
        def __init__(self, parcel):
            self.rows = found(parcel)

        def update(self, **values):
            self.rows.update(**values)
            if not seconds:
                clock.shift(dt.timedelta(minutes=1))
                seconds.append(take())
                raise OperationalError("the connection is lost")

    monkeypatch.setattr(leases, "_claimed", LosesItsAcknowledgment)
    outbox.record(slow, Verdict(Outcome.NO_CONNECTION, "timed out"))
    assert {(row["state"], row["claim"]) for row in rows()} == {("sending", seconds[0].claim)}
    assert outbox.claim(limit=5) == []
