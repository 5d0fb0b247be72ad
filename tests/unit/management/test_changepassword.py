"""`manage.py changepassword` is recorded and told like every other way to set a password."""

import getpass
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from cases.delivery import outbox
from cases.models import AccountEvent, OutgoingEmail, User
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

GOOD = "a-garden-of-nine-apples"


@pytest.fixture
def types(monkeypatch):
    """Let someone type these passwords, one after the other."""

    def types_(*passwords):
        remaining = iter(passwords)
        monkeypatch.setattr(getpass, "getpass", lambda prompt: next(remaining))

    return types_


def events(person):
    return list(person.account_events.values_list("kind", "actor", "system_actor"))


@pytest.fixture
def person(member):
    member.set_password("the-former-one")
    member.save()
    return member


def test_it_is_recorded_and_told(person, types, clock):
    types(GOOD, GOOD)
    call_command("changepassword", person.username)
    assert User.objects.get().check_password(GOOD)
    assert events(person) == [("password_changed", None, "manage.py changepassword")]
    clock.shift(timedelta(minutes=2))
    outbox.deliver()
    (email,) = mail.outbox
    assert (email.to, email.subject) == ([person.email], "[Advisor Portal] Your password was changed")
    assert "This was done by the people who run the portal." in email.body
    assert GOOD not in email.body


def test_a_first_password_is_recorded_and_not_told(types):
    person = UserFactory()
    person.set_unusable_password()
    person.save()
    types(GOOD, GOOD)
    call_command("changepassword", person.username)
    assert events(person) == [("password_set", None, "manage.py changepassword")]
    assert not OutgoingEmail.objects.exists()


def test_a_deactivated_person_gets_the_password_and_stays_out(person, types):
    User.objects.update(is_active=False)
    types(GOOD, GOOD)
    call_command("changepassword", person.username)
    found = User.objects.get()
    assert found.check_password(GOOD)
    assert not found.is_active


def test_what_was_corrected_meanwhile_stays(person, monkeypatch):
    def corrected_and_typed(prompt):
        User.objects.update(email="right@example.com")
        return GOOD

    monkeypatch.setattr(getpass, "getpass", corrected_and_typed)
    call_command("changepassword", person.username)
    assert User.objects.get().email == "right@example.com"


def test_without_a_name_it_is_that_of_the_operating_system(person, types, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: person.username)
    types(GOOD, GOOD)
    call_command("changepassword")
    assert User.objects.get().check_password(GOOD)


@pytest.mark.parametrize(
    "typed",
    [[GOOD, "another"] * 3, ["short", "short"] * 3, ["x" * 257, "x" * 257] * 3, [""], [GOOD, ""]],
    ids=["two different", "too short", "too long", "nothing", "nothing again"],
)
def test_what_is_refused_changes_nothing(typed, person, types):
    types(*typed)
    with pytest.raises(CommandError):
        call_command("changepassword", person.username)
    assert User.objects.get().check_password("the-former-one")
    assert not AccountEvent.objects.exists()


def test_the_third_attempt_counts(person, types):
    types(GOOD, "another", "short", "short", GOOD, GOOD)
    call_command("changepassword", person.username)
    assert User.objects.get().check_password(GOOD)


def test_an_unknown_name_is_refused(person):
    with pytest.raises(CommandError, match="No account has the username 'nobody'"):
        call_command("changepassword", "nobody")


def test_without_a_terminal_it_says_so(person, monkeypatch):
    """As with `docker compose exec -T`, or from cron."""

    def no_terminal(prompt):
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", no_terminal)
    with pytest.raises(CommandError, match="in a terminal"):
        call_command("changepassword", person.username)
