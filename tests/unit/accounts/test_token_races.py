"""API tokens and concurrent changes: threads with their own transactions, on PostgreSQL."""

import pytest
from django.db import transaction

from cases.accounts import api_tokens, people
from cases.core.errors import NotAllowed, WrongState
from cases.models import ApiToken, User
from tests.tokens import new_token
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_of_two_at_once_one_is_the_last(technician, settings):
    settings.API_TOKENS_PER_PERSON = 1
    with held_open(lambda: new_token(technician)):
        second = Thread(lambda: new_token(technician))
        somebody_waits_for_a_lock()
    with pytest.raises(WrongState):
        second.result()
    assert ApiToken.objects.count() == 1


def test_none_is_made_in_the_moment_of_being_deactivated(technician, administrator):
    with held_open(lambda: people.deactivate(person=technician, by=administrator)):
        second = Thread(lambda: new_token(technician))
        somebody_waits_for_a_lock()
    with pytest.raises(NotAllowed):
        second.result()


def test_a_call_does_not_wait_to_note_its_use(technician):
    secret = new_token(technician)
    with transaction.atomic():
        ApiToken.objects.select_for_update().get()
        # It would wait forever: this transaction ends after it.
        assert Thread(lambda: api_tokens.find(secret)).result() is not None
    assert ApiToken.objects.get().last_used is None
    assert api_tokens.find(secret) is not None
    assert ApiToken.objects.get().last_used is not None


def test_a_password_set_at_the_same_moment_ends_what_is_made(technician):
    def new_password() -> None:
        person = User.objects.get(pk=technician.pk)
        person.set_password("staple of another kind")
        person.save()

    with held_open(new_password):
        second = Thread(lambda: new_token(technician))
        somebody_waits_for_a_lock()
    with pytest.raises(NotAllowed):
        second.result()
