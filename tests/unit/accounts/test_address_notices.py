"""The owner of a corrected address is notified once, at the old address."""

import pytest
from django.core import mail

from cases.accounts import people
from cases.core.errors import CaseError
from cases.delivery import outbox
from cases.models import OutgoingEmail, User

pytestmark = pytest.mark.django_db


def correct(person: User, administrator: User, email: str) -> None:
    people.correct(person=person, by=administrator, email=email, first_name="Mia", last_name="Ng")


def told() -> list[str]:
    """Send what is waiting. Return to which addresses."""
    mail.outbox.clear()
    outbox.deliver()
    return sorted(address for message in mail.outbox for address in message.to)


@pytest.mark.parametrize("new", ["new@example.com", "mia@example.org", "mia@sub.example.com", "m.ia@example.com"])
def test_the_former_address_is_told(new, member, administrator):
    correct(member, administrator, new)
    assert told() == ["mia@example.com"]
    assert told() == []


@pytest.mark.parametrize("same", ["mia@example.com", "MIA@example.com", "mia@EXAMPLE.com", "mia@example.com."])
def test_another_spelling_is_no_news(same, member, administrator):
    try:
        correct(member, administrator, same)
    except CaseError:  # mail cannot be sent to every spelling
        return
    assert told() == []


def test_a_new_name_is_no_news(member, administrator):
    people.correct(person=member, by=administrator, email=member.email, first_name="Mia", last_name="Novak")
    assert told() == []


def test_each_former_address_is_told_of_its_end(member, administrator):
    """Also if both are waiting, and if one bounces."""
    for email in ("second@example.com", "third@example.com", "mia@example.com"):
        correct(member, administrator, email)
    assert told() == ["mia@example.com", "second@example.com", "third@example.com"]


@pytest.mark.parametrize("has_password", [True, False])
@pytest.mark.parametrize("is_active", [True, False])
def test_whatever_the_account_is_like(is_active, has_password, member, administrator):
    member.is_active = is_active
    member.set_unusable_password() if not has_password else member.set_password("a long enough password")
    member.save()
    correct(member, administrator, "new@example.com")
    assert told() == ["mia@example.com"]


def test_who_had_no_address_is_told_nothing(member, administrator):
    User.objects.filter(pk=member.pk).update(email="")
    correct(member, administrator, "new@example.com")
    assert told() == []


def test_what_is_refused_is_not_told(member, other_member, administrator):
    with pytest.raises(CaseError):
        correct(member, administrator, other_member.email)
    assert not OutgoingEmail.objects.exists()


def test_a_stranger_at_the_former_address_learns_nothing_else(member, administrator):
    """It may have been a typo."""
    member.first_name, member.username = "Mia", "mia-the-first"
    member.save()
    correct(member, administrator, "new@example.org")
    told()
    (message,) = mail.outbox
    text = f"{message.subject}\n{message.body}"
    assert "no longer belongs to an account" in text
    for secret in ("new@example.org", "example.org", "Mia", "Ng", "mia-the-first", "http"):
        assert secret not in text


def test_in_the_language_of_the_person(member, administrator):
    member.language = "es"
    member.save()
    correct(member, administrator, "new@example.com")
    told()
    assert mail.outbox[0].extra_headers["Message-ID"] == OutgoingEmail.objects.get().message_id
    assert OutgoingEmail.objects.get().address == "mia@example.com"
