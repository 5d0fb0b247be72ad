"""A new password is accepted only while the proof of identity is still valid: on both databases, and in races on
PostgreSQL."""

import pytest

from cases.accounts import logins, own_account, people
from cases.core.errors import NotAllowed
from cases.models import AccountEvent, User
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

TAKEN = "a phrase of a stranger"


def corrected(person, by):
    people.correct(person=person, by=by, email="right@example.com", first_name="", last_name="")


def deactivated(person, by):
    people.deactivate(person=person, by=by)


def deactivated_and_back(person, by):
    people.reactivate(person=people.deactivate(person=person, by=by), by=by)


def deactivated_in_a_shell(person, by):
    User.objects.filter(pk=person.pk).update(is_active=False)


def moved(person, by):
    people.change_role(person=person, by=by, role="administrator")


def set_elsewhere(person, by):
    own_account.set_password(by=User.objects.get(pk=person.pk), password="staple of another kind", with_link=False)


def signed_in(person, by):
    logins.note_visit(sender=None, user=User.objects.get(pk=person.pk))


def renamed(person, by):
    people.correct(person=person, by=by, email=person.email, first_name="Tom", last_name="Tap")


ENDS_ALL = [deactivated, deactivated_and_back, deactivated_in_a_shell, moved, set_elsewhere]
ENDS_A_LINK = [*ENDS_ALL, corrected, signed_in]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("step", "with_link"), [*((step, True) for step in ENDS_A_LINK), *((step, False) for step in ENDS_ALL)]
)
def test_what_has_ended_sets_no_password(step, with_link, technician, administrator):
    checked = User.objects.get(pk=technician.pk)
    step(technician, administrator)
    known = AccountEvent.objects.count()
    with pytest.raises(NotAllowed):
        own_account.set_password(by=checked, password=TAKEN, with_link=with_link)
    assert not User.objects.get(pk=technician.pk).check_password(TAKEN)
    assert AccountEvent.objects.count() == known


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("step", "with_link"), [(renamed, True), (renamed, False), (corrected, False), (signed_in, False)]
)
def test_what_still_holds_does(step, with_link, technician, administrator):
    checked = User.objects.get(pk=technician.pk)
    step(technician, administrator)
    own_account.set_password(by=checked, password="one long phrase", with_link=with_link)
    assert User.objects.get(pk=technician.pk).check_password("one long phrase")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", [corrected, deactivated, moved])
def test_a_link_waits_for_the_step_that_ends_it(step, technician, administrator):
    checked = User.objects.get(pk=technician.pk)
    with held_open(lambda: step(technician, administrator)):
        second = Thread(lambda: own_account.set_password(by=checked, password=TAKEN, with_link=True))
        somebody_waits_for_a_lock()
    with pytest.raises(NotAllowed):
        second.result()
    assert not User.objects.get(pk=technician.pk).check_password(TAKEN)
