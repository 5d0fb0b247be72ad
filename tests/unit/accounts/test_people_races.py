"""Administrators who act at the same moment: threads with their own transactions, on PostgreSQL."""

import pytest

from cases.accounts import people
from cases.core.errors import CaseError, NotAllowed
from cases.models import User
from tests.factories import UserFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bob() -> User:
    """Another administrator."""
    return UserFactory(username="bob", role=User.Role.ADMINISTRATOR)


def invite(by: User, email: str) -> User:
    return people.invite(by=by, email=email, first_name="Nina", last_name="Ng", role=User.Role.TECHNICIAN)


def test_one_address_invited_by_two_at_once_is_one_account(administrator, bob):
    with held_open(lambda: invite(administrator, "nina@example.com")):
        second = Thread(lambda: invite(bob, "Nina@Example.com"))
        somebody_waits_for_a_lock()
    with pytest.raises(CaseError, match="already exists"):
        second.result()
    assert User.objects.filter(email__iexact="nina@example.com").count() == 1


@pytest.mark.parametrize(
    "turn_out",
    [
        lambda person, by: people.change_role(person=person, role="technician", by=by),
        lambda person, by: people.deactivate(person=person, by=by),
    ],
    ids=["role", "access"],
)
def test_of_two_administrators_who_turn_each_other_out_one_stays(turn_out, administrator, bob):
    with held_open(lambda: turn_out(bob, administrator)):
        second = Thread(lambda: turn_out(administrator, bob))
        somebody_waits_for_a_lock()
    with pytest.raises(NotAllowed):
        second.result()
    assert User.objects.get(role="administrator", is_active=True) == administrator
