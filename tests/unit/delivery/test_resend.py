"""A message that was given up is sent again at a person's request."""

import pytest

from cases import releases
from cases.core.errors import NotAllowed, WrongState
from cases.delivery import outbox
from cases.delivery import resend as resend_module
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import CaseEvent, OutgoingEmail
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(clock, member):
    """One message about two cases of Mia's, which her server refused."""
    CaseFactory.create_batch(2, due=True, member=member)
    releases.release_due(by="a test", source="sweep")
    (batch,) = outbox.claim(limit=10)
    outbox.record(batch, DeliveryResult(Outcome.REJECTED, "550 unknown"))
    return list(OutgoingEmail.objects.order_by("pk"))


def resend(email, by):
    return resend_module.resend(email=email, by=by, source="web")


def test_it_waits_again_with_all_its_cases_under_its_message_id(refused, administrator):
    assert resend(refused[0], administrator) == 2

    (batch,) = outbox.claim(limit=10)

    assert batch.message_id == refused[0].message_id
    assert set(batch.case_ids) == {email.case_id for email in refused}
    assert batch.deferrals == 0
    outbox.record(batch, DeliveryResult(Outcome.SENT, ""))
    assert set(OutgoingEmail.objects.values_list("state", "last_error")) == {("sent", "")}


def test_to_another_address_it_is_another_message(refused, administrator, member):
    member.email = "mia@example.org"
    member.save()

    resend(refused[1], administrator)

    (batch,) = outbox.claim(limit=10)
    assert batch.address == "mia@example.org"
    assert batch.message_id != refused[1].message_id
    assert len(batch.case_ids) == 2


def test_the_history_says_who_did_it_and_why_it_had_failed(refused, administrator):
    resend(refused[0], administrator)

    events = CaseEvent.objects.filter(kind="mail_resent")
    assert {(event.case_id, event.actor, event.reason) for event in events} == {
        (email.case_id, administrator, "550 unknown") for email in refused
    }


def test_a_member_who_now_has_an_address_gets_it(clock, administrator, member):
    member.email = ""
    member.save()
    CaseFactory(due=True, member=member)
    releases.release_due(by="a test", source="sweep")
    email = OutgoingEmail.objects.get()
    assert email.state == "undeliverable"

    with pytest.raises(WrongState, match="no email address"):
        resend(email, administrator)
    member.email = "mia@example.org"
    member.save()

    assert resend(email, administrator) == 1
    assert [batch.address for batch in outbox.claim(limit=10)] == ["mia@example.org"]


def test_only_what_was_given_up_is_sent_again(refused, administrator):
    resend(refused[0], administrator)

    with pytest.raises(WrongState, match="Waiting"):
        resend(refused[1], UserFactory(role="administrator"))
    assert resend(refused[1], administrator) == 2, "the same person pressed it twice"
    assert CaseEvent.objects.filter(kind="mail_resent").count() == 2


@pytest.mark.parametrize("person", ["mia", "tom", "retired"])
def test_only_active_administrators_may(refused, person, member, technician, administrator):
    administrator.is_active = False
    administrator.save()
    with pytest.raises(NotAllowed):
        resend(refused[0], {"mia": member, "tom": technician, "retired": administrator}[person])
    assert set(OutgoingEmail.objects.values_list("state", flat=True)) == {"failed"}


def test_a_deactivated_member_gets_nothing(refused, administrator, member):
    member.is_active = False
    member.save()
    with pytest.raises(WrongState, match="deactivated"):
        resend(refused[0], administrator)


def test_the_mail_workers_are_told_after_the_commit(
    refused, administrator, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr("cases.delivery.celery_publisher.publish_mail_waiting", lambda: told.append(True))
    with django_capture_on_commit_callbacks(execute=True):
        resend(refused[0], administrator)
        assert told == []
    assert told == [True]
