"""`manage.py createsuperuser` leaves a history of the account."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from cases.models import AccountEvent, User
from tests.factories import UserFactory
from tests.triggers import refuse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

BY = "manage.py createsuperuser"


def create(**options):
    call_command("createsuperuser", username="ada", email="ada@example.com", interactive=False, **options)


def events(person):
    return list(person.account_events.order_by("pk").values_list("kind", "actor", "system_actor", "details"))


ROLE = ("role_changed", None, BY, {"from": "member", "to": "administrator"})


def test_its_history_says_who_became_an_administrator():
    create()
    assert events(User.objects.get()) == [ROLE]


def test_with_a_password(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-garden-of-nine-apples")
    create()
    assert events(User.objects.get()) == [ROLE, ("password_set", None, BY, {})]


def test_without_its_history_there_is_no_account():
    refuse("cases_accountevent", "INSERT", "true")
    with pytest.raises(DatabaseError):
        create()
    assert not User.objects.exists()


def test_what_is_refused_leaves_nothing():
    UserFactory(username="ada")
    with pytest.raises(CommandError):
        create()
    assert not AccountEvent.objects.exists()


def test_accounts_that_are_created_otherwise_have_none_of_it():
    create()
    UserFactory()
    assert AccountEvent.objects.count() == 1
