"""Who had an address that was corrected is told so, at that address and once."""

import pytest
from django.core import mail

from cases.accounts import actions as people
from cases.core.errors import CaseError
from cases.delivery import outbox
from cases.models import OutgoingEmail, User

pytestmark = pytest.mark.django_db


def correct(person: User, ada: User, email: str) -> None:
    people.correct(person=person, by=ada, email=email, first_name="Mia", last_name="Ng")


def told() -> list[str]:
    """Sends what waits. Returns to which addresses."""
    mail.outbox.clear()
    outbox.deliver()
    return sorted(address for message in mail.outbox for address in message.to)


@pytest.mark.parametrize("new", ["new@example.com", "mia@example.org", "mia@sub.example.com", "m.ia@example.com"])
def test_the_former_address_is_told(new, mia, ada):
    correct(mia, ada, new)
    assert told() == ["mia@example.com"]
    assert told() == []


@pytest.mark.parametrize("same", ["mia@example.com", "MIA@example.com", "mia@EXAMPLE.com", "mia@example.com."])
def test_another_spelling_is_no_news(same, mia, ada):
    try:
        correct(mia, ada, same)
    except CaseError:  # not every spelling can be mailed to
        return
    assert told() == []


def test_a_new_name_is_no_news(mia, ada):
    people.correct(person=mia, by=ada, email=mia.email, first_name="Mia", last_name="Novak")
    assert told() == []


def test_each_former_address_is_told_of_its_end(mia, ada):
    """Also where both wait, and where one comes back."""
    for email in ("second@example.com", "third@example.com", "mia@example.com"):
        correct(mia, ada, email)
    assert told() == ["mia@example.com", "second@example.com", "third@example.com"]


@pytest.mark.parametrize("has_password", [True, False])
@pytest.mark.parametrize("is_active", [True, False])
def test_whatever_the_account_is_like(is_active, has_password, mia, ada):
    mia.is_active = is_active
    mia.set_unusable_password() if not has_password else mia.set_password("a long enough password")
    mia.save()
    correct(mia, ada, "new@example.com")
    assert told() == ["mia@example.com"]


def test_who_had_no_address_is_told_nothing(mia, ada):
    User.objects.filter(pk=mia.pk).update(email="")
    correct(mia, ada, "new@example.com")
    assert told() == []


def test_what_is_refused_is_not_told(mia, olga, ada):
    with pytest.raises(CaseError):
        correct(mia, ada, olga.email)
    assert not OutgoingEmail.objects.exists()


def test_a_stranger_at_the_former_address_learns_nothing_else(mia, ada):
    """It may have been a typing error."""
    mia.first_name, mia.username = "Mia", "mia-the-first"
    mia.save()
    correct(mia, ada, "new@example.org")
    told()
    (message,) = mail.outbox
    text = f"{message.subject}\n{message.body}"
    assert "no longer belongs to an account" in text
    for secret in ("new@example.org", "example.org", "Mia", "Ng", "mia-the-first", "http"):
        assert secret not in text


def test_in_the_language_of_the_person(mia, ada):
    mia.language = "es"
    mia.save()
    correct(mia, ada, "new@example.com")
    told()
    assert mail.outbox[0].extra_headers["Message-ID"] == OutgoingEmail.objects.get().message_id
    assert OutgoingEmail.objects.get().address == "mia@example.com"
