"""Conditions and releases that race for one row, on PostgreSQL. The order is arranged, as in test_races.py."""

import datetime as dt

import pytest

from cases import releases
from cases.core.errors import LinkGone, Stale, WrongState
from cases.core.schedule import Schedule
from cases.models import Case, CaseAnswer, CaseEvent, Condition, OutgoingEmail
from cases.releases import on_read
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.unit.releases.test_races import Thread, held_open, somebody_waits_for_a_lock

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]


def sweep():
    return releases.release_due(by="a sweep", source="sweep").released


@pytest.fixture
def due(member, technician):
    return CaseFactory(due=True, member=member, assigned_to=technician)


@pytest.fixture
def scheduled(member, technician):
    return CaseFactory(scheduled=True, member=member, assigned_to=technician)


def add(case, kind):
    return releases.add_condition(case=case, by=case.assigned_to, source="web", kind=kind, name="Paid")


def count_of(kind):
    return CaseEvent.objects.filter(kind=kind).count()


def test_a_sweep_passes_by_while_the_last_one_is_being_met_and_the_next_one_releases(due, technician):
    condition = add(due, "manual")
    with held_open(lambda: releases.meet_condition(condition=condition, by=technician, source="web")):
        assert Thread(sweep).result() == []
    assert sweep() == [due.pk]
    assert (count_of("condition_met"), count_of("released"), OutgoingEmail.objects.count()) == (1, 1, 1)


def test_one_that_is_added_while_a_sweep_releases_comes_too_late(due, technician):
    with held_open(sweep):
        late = Thread(lambda: add(due, "manual"))
        somebody_waits_for_a_lock()
    with pytest.raises(WrongState):
        late.result()
    assert not Condition.objects.exists()


def test_a_sweep_does_not_release_what_gets_a_condition_meanwhile(due):
    with held_open(lambda: add(due, "manual")):
        assert Thread(sweep).result() == []
    assert sweep() == []
    assert not Case.objects.get().is_released


def test_a_look_waits_for_one_that_is_being_added_and_releases_nothing(due, member):
    with held_open(lambda: add(due, "manual")):
        look = Thread(lambda: on_read.release_due_of(member))
        somebody_waits_for_a_lock()
    assert look.result().released == []


def test_a_look_waits_for_the_last_one_that_is_being_met_elsewhere(due, member, technician):
    condition = add(due, "manual")
    releases.meet_condition(condition=condition, by=technician, source="web")
    with held_open(sweep):
        look = Thread(lambda: on_read.release_due_of(member))
        somebody_waits_for_a_lock()
    assert look.result().released == []
    assert count_of("released") == 1


def test_of_two_approvers_at_once_one_approves(scheduled, other_technician, administrator):
    condition = add(scheduled, "approval")
    with held_open(lambda: releases.approve(condition=condition, by=other_technician, source="web")):
        second = Thread(lambda: releases.approve(condition=condition, by=administrator, source="web"))
        somebody_waits_for_a_lock()
    with pytest.raises(WrongState):
        second.result()
    assert Condition.objects.get().settled_by == other_technician
    assert count_of("approved") == 1


def return_and_edit_the_answer(case, technician):
    """The technician reopens the case, writes something else and completes it again."""
    releases.return_to_accepted(case=case, by=technician, source="web")
    CaseAnswer.objects.update_or_create(
        case=case, defaults={"text": "Another", "updated_at": FROZEN, "updated_by": technician}
    )
    week = Schedule(FROZEN.date() + dt.timedelta(days=7))
    releases.complete(case=case, by=technician, source="web", release_on=week)


def test_an_approval_that_waits_while_the_answer_is_edited_is_stale(scheduled, technician, other_technician):
    condition = add(scheduled, "approval")
    seen = Case.objects.get().version
    with held_open(lambda: return_and_edit_the_answer(scheduled, technician)):
        approval = Thread(
            lambda: releases.approve(condition=condition, by=other_technician, source="web", version=seen)
        )
        somebody_waits_for_a_lock()
    with pytest.raises(Stale):
        approval.result()
    assert Condition.objects.get().is_open


def test_an_approval_that_comes_first_lapses_when_the_case_is_returned(scheduled, technician, other_technician):
    condition = add(scheduled, "approval")
    with held_open(lambda: releases.approve(condition=condition, by=other_technician, source="web")):
        edit = Thread(lambda: return_and_edit_the_answer(scheduled, technician))
        somebody_waits_for_a_lock()
    edit.result()
    assert Condition.objects.get().is_open
    assert (count_of("approved"), count_of("approval_lapsed")) == (1, 1)
    assert Case.objects.get().open_conditions == 1


def test_a_link_that_is_used_twice_at_once_works_once(due, technician):
    token = releases.make_link(condition=add(due, "external"), by=technician, source="web")
    with held_open(lambda: releases.meet_by_link(token=token)):
        second = Thread(lambda: releases.meet_by_link(token=token))
        somebody_waits_for_a_lock()
    with pytest.raises(LinkGone):
        second.result()
    assert count_of("condition_met") == 1


def test_two_last_ones_met_at_once_leave_none_open(due, technician, administrator):
    first, second = add(due, "manual"), add(due, "manual")
    with held_open(lambda: releases.meet_condition(condition=first, by=technician, source="web")):
        other = Thread(lambda: releases.meet_condition(condition=second, by=administrator, source="web"))
        somebody_waits_for_a_lock()
    other.result()
    assert Case.objects.get().open_conditions == 0
    assert sweep() == [due.pk]
