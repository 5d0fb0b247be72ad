"""A handover and concurrent changes: threads with their own transactions, on PostgreSQL."""

import pytest

from cases import releases
from cases.accounts import people
from cases.casework import assignment
from cases.core.errors import CaseError, NotAllowed
from cases.models import Case, CaseEvent, User
from tests.factories import CaseFactory, UserFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def case(technician) -> Case:
    return CaseFactory(assigned_to=technician)


def hand_over(case: Case, to: User, by: User) -> Case:
    return assignment.hand_over_case(case=case, to=to, by=by, source="web")


def test_who_has_handed_a_case_over_completes_it_no_more(case, technician, other_technician):
    with held_open(lambda: hand_over(case, other_technician, technician)):
        second = Thread(lambda: releases.complete(case=case, by=technician, source="web", release_on=None))
        somebody_waits_for_a_lock()
    with pytest.raises(NotAllowed):
        second.result()
    assert Case.objects.get().status == "accepted"


def test_of_two_clicks_one_hands_the_case_over(case, technician, other_technician):
    uwe = UserFactory(role="technician", username="uwe")
    with held_open(lambda: hand_over(case, other_technician, technician)):
        second = Thread(lambda: hand_over(case, uwe, technician))
        somebody_waits_for_a_lock()
    with pytest.raises(NotAllowed):
        second.result()
    assert Case.objects.get().assigned_to == other_technician
    assert CaseEvent.objects.count() == 1


def test_nobody_receives_a_case_in_the_moment_of_being_deactivated(case, technician, other_technician, administrator):
    with held_open(lambda: people.deactivate(person=other_technician, by=administrator)):
        second = Thread(lambda: hand_over(case, other_technician, technician))
        somebody_waits_for_a_lock()
    with pytest.raises(CaseError, match="an active account"):
        second.result()
    assert Case.objects.get().assigned_to == technician
