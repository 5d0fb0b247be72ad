"""Bounces on the pages: staff see where email doesn't arrive, administrators correct it, and members see nothing of
it."""

import pytest
from django.core import mail

from cases.accounts.people import invite
from cases.delivery import outbox
from cases.delivery.account_email_queue import queue
from cases.delivery.bounces import receive_message
from cases.models import OutgoingEmail, User
from tests.factories import CaseFactory, UserFactory
from tests.unit.delivery.bounce_servers import report

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about pages: tests/unit/delivery has what is marked on both"),
]

WORDS = "550 5.1.1 planted words"


@pytest.fixture
def bounced(member, settings):
    """Mia, whose address doesn't exist."""
    settings.BOUNCE_DOMAIN = "bounces.example"
    queue(kind="password_reset", person=member)
    outbox.deliver()
    receive_message(report(mail.outbox[-1].from_email, words=WORDS), by="a test")
    return User.objects.get(pk=member.pk)


def page(client, person, url):
    client.force_login(person)
    return client.get(url).content.decode()


def test_staff_read_it_wherever_it_matters(bounced, technician, administrator, client):
    waiting = CaseFactory(member=bounced, assigned_to=technician, scheduled=True)
    CaseFactory(member=bounced, assigned_to=technician)
    for person, url in (
        (technician, f"/cases/{waiting.pk}/"),
        (administrator, f"/people/{bounced.pk}/"),
        (administrator, "/operations/"),
    ):
        assert WORDS in page(client, person, url)
    assert "Email to the member is bouncing" in page(client, technician, f"/cases/{waiting.pk}/")
    assert "Email to 1 person is bouncing." in page(client, administrator, "/operations/")


def test_the_member_reads_nothing_of_it(bounced, technician, client):
    case = CaseFactory(member=bounced, assigned_to=technician, released=True)
    for url in ("/", "/cases/", f"/cases/{case.pk}/", "/accounts/profile/", f"/api/cases/{case.pk}/"):
        shown = page(client, bounced, url)
        assert "planted words" not in shown
        assert "ounced" not in shown


def test_an_administrator_corrects_the_address_and_sends_again(bounced, administrator, client):
    person = f"/people/{bounced.pk}/"
    shown = page(client, administrator, person)
    assert "Email to this address bounces." in shown
    assert "resend/" not in shown
    client.post(f"{person}correct/", {"email": "new@example.com", "first_name": "", "last_name": ""})
    shown = client.get(person).content.decode()
    assert "Email to this address bounces." not in shown
    assert "Resend to new@example.com" in shown
    shown = client.post(f"{person}emails/resend/", follow=True).content.decode()
    assert "Resending 1 email to new@example.com." in shown
    assert "Resend to" not in shown
    assert OutgoingEmail.objects.get().state == "waiting"
    client.force_login(UserFactory(role=User.Role.ADMINISTRATOR))
    assert "There is no email to resend." in client.post(f"{person}emails/resend/", follow=True).content.decode()


def test_an_invitation_that_was_sent_twice_and_came_back_twice_is_sent_again(administrator, client, settings):
    settings.BOUNCE_DOMAIN = "bounces.example"
    client.force_login(administrator)
    invited = {"email": "nnia@example.com", "first_name": "Nina", "last_name": "Ng", "role": "member"}
    nina = invite(by=administrator, **invited)
    person = f"/people/{nina.pk}/"
    outbox.deliver()
    client.post(f"{person}invite/")
    outbox.deliver()
    for message in mail.outbox:
        receive_message(report(message.from_email, words=WORDS), by="a test")
    assert list(OutgoingEmail.objects.values_list("state", flat=True)) == ["undeliverable"] * 2
    client.post(f"{person}correct/", {**invited, "email": "nina@example.com"})
    assert "Resend to nina@example.com" in client.get(person).content.decode()
    shown = client.post(f"{person}emails/resend/", follow=True).content.decode()
    assert "Resending 1 email to nina@example.com." in shown
    outbox.deliver()
    assert [message.to for message in mail.outbox[2:]] == [["nina@example.com"]]


def test_an_administrator_confirms_the_address(bounced, administrator, client):
    client.force_login(administrator)
    shown = client.post(f"/people/{bounced.pk}/bounce/clear/", follow=True).content.decode()
    assert "The address is no longer marked as bounced." in shown
    assert "Bounce cleared" in shown
    assert "Resend to mia@example.com" in shown
