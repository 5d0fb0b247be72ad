"""Undo and recall that race with each other, with the sender of the email, and with the member's visit, on
PostgreSQL."""

import datetime as dt
import threading
from contextlib import suppress

import pytest
from django.db import transaction
from django.test import Client

from cases import releases
from cases.core.errors import CaseError, WrongState
from cases.delivery import email_claims, outbox
from cases.models import Case, CaseEvent, OutgoingEmail
from tests.conftest import FROZEN
from tests.factories import CaseDocumentFactory, CaseFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

UNDO = dt.timedelta(seconds=30)


@pytest.fixture
def case(member, technician) -> Case:
    """Released by Tom just now. The email is waiting."""
    accepted = CaseFactory(member=member, assigned_to=technician)
    return releases.complete(case=accepted, by=technician, source="web", release_on=None)


def undo(case):
    return releases.undo(case=case, by=case.assigned_to, source="web")


def recall(case, administrator):
    return releases.recall(case=case, by=administrator, source="web", reason="wrong figures")


def kinds():
    return list(CaseEvent.objects.order_by("pk").values_list("kind", flat=True))


def states():
    return dict(OutgoingEmail.objects.values_list("kind", "state"))


@pytest.mark.parametrize("undo_is_first", [True, False])
def test_of_undo_and_recall_the_second_finds_the_case_on_hold(case, administrator, undo_is_first):
    verbs = [lambda: undo(case), lambda: recall(case, administrator)]
    first, second = verbs if undo_is_first else verbs[::-1]
    with held_open(first):
        late = Thread(second)
        somebody_waits_for_a_lock()
    with pytest.raises(WrongState):
        late.result()
    assert kinds() == ["completed", "released", "undone" if undo_is_first else "recalled"]
    assert states() == {"released": "dropped"}


def test_two_recalls_at_once_take_back_once(case, administrator, clock, mailoutbox):
    clock.shift(UNDO)
    outbox.deliver()
    start = threading.Barrier(2)

    def at_once():
        start.wait()
        with suppress(CaseError):
            recall(case, administrator)

    for thread in [Thread(at_once), Thread(at_once)]:
        thread.result()
    assert kinds() == ["completed", "released", "recalled"]
    assert states() == {"released": "sent", "recalled": "waiting"}


def test_a_sender_passes_by_the_email_of_what_is_being_taken_back(case, clock, mailoutbox):
    """The undo started in its last second, and is committed after it."""
    clock.shift(UNDO - dt.timedelta(milliseconds=1))
    with held_open(lambda: undo(case)):
        clock.shift(dt.timedelta(seconds=1))
        assert Thread(outbox.deliver).result().sent == 0
    outbox.deliver()
    assert (states(), mailoutbox) == ({"released": "dropped"}, [])


def test_an_undo_at_the_last_second_that_waits_for_the_sender_is_refused(case, clock):
    """The sender's host is ahead: it claims the email before the undo has its locks."""
    OutgoingEmail.objects.update(next_try=FROZEN)
    with held_open(lambda: email_claims.claim(limit=10)):
        late = Thread(lambda: undo(case))
        somebody_waits_for_a_lock()
    with pytest.raises(WrongState, match="recall"):
        late.result()
    assert kinds() == ["completed", "released"]
    assert states() == {"released": "sending"}


def test_an_undo_that_waits_past_its_last_second_is_refused(case, clock):
    clock.shift(UNDO - dt.timedelta(milliseconds=1))
    with held_open(lambda: Case.objects.select_for_update().get(pk=case.pk)):
        late = Thread(lambda: undo(case))
        somebody_waits_for_a_lock()
        clock.shift(1)
    with pytest.raises(WrongState):
        late.result()


def test_a_recall_while_the_email_is_handed_to_the_server_tells_the_member_after_it(
    case, administrator, clock, monkeypatch, mailoutbox
):
    sent = outbox.Transport.send

    def recall_meanwhile(self, message):
        if not OutgoingEmail.objects.filter(kind="recalled").exists():
            Thread(lambda: recall(case, administrator)).result()
            assert not Case.objects.get(pk=case.pk).is_released
        return sent(self, message)

    monkeypatch.setattr(outbox.Transport, "send", recall_meanwhile)
    clock.shift(UNDO)
    outbox.deliver()
    assert states() == {"released": "sent", "recalled": "waiting"}
    clock.shift(email_claims.lease())
    outbox.deliver()
    assert ["is ready" in message.subject for message in mailoutbox] == [True, False]
    assert states() == {"released": "sent", "recalled": "sent"}


def test_a_recall_and_the_record_of_the_sender_wait_for_each_other(case, administrator, clock):
    """No matter which comes first, the member is told: the recall sees that the email is being sent, or was sent."""
    clock.shift(UNDO)
    (batch,) = email_claims.claim(limit=10)
    with held_open(lambda: recall(case, administrator)):
        recording = Thread(lambda: email_claims.record(batch, SENT))
        somebody_waits_for_a_lock()
    recording.result()
    assert states() == {"released": "sent", "recalled": "waiting"}


SENT = email_claims.DeliveryResult(email_claims.Outcome.SENT)


def test_a_member_who_downloads_gets_the_whole_file_or_none(case, member, administrator):
    """A recall does not wait for someone who is reading. A running request finishes, and the next one finds nothing."""
    document = CaseDocumentFactory(case=case)
    client = Client()
    client.force_login(member)
    url = f"/cases/{case.pk}/documents/{document.pk}/"

    answer = client.get(url)
    recall(case, administrator)
    assert b"".join(answer.streaming_content).endswith(b"secret")
    assert client.get(url).status_code == 404
    assert client.get(f"/cases/{case.pk}/").status_code == 404


def test_members_who_read_while_a_release_is_recalled_see_it_or_not_and_nothing_breaks(case, member, administrator):
    document = CaseDocumentFactory(case=case)
    start = threading.Barrier(4)
    urls = [f"/cases/{case.pk}/", f"/cases/{case.pk}/documents/{document.pk}/", f"/api/cases/{case.pk}/"]

    def read(url):
        client = Client()
        client.force_login(member)
        start.wait()
        return [client.get(url).status_code for _ in range(10)]

    threads = [Thread(lambda url=url: read(url)) for url in urls]
    start.wait()
    recall(case, administrator)
    for thread in threads:
        found = thread.result()
        assert set(found) <= {200, 404}
        assert found == sorted(found), "once gone, it stays away"
    case.refresh_from_db()
    assert case.is_held
    assert case.first_viewed_at is None


def test_a_recall_in_a_transaction_that_fails_takes_nothing_back(case, administrator):
    with suppress(ZeroDivisionError), transaction.atomic():
        recall(case, administrator)
        raise ZeroDivisionError
    assert Case.objects.get(pk=case.pk).is_released
    assert states() == {"released": "waiting"}
