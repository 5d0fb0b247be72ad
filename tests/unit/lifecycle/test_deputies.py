"""Who stands in for whom, through chains and circles, and what a deputy may do."""

import datetime as dt
import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import releases
from cases.core.errors import NotAllowed
from cases.core.schedule import Schedule
from cases.lifecycle import deputies, permissions
from cases.lifecycle.permissions import TABLE, Action, Relation
from cases.models import Absence, CaseEvent, User
from tests.factories import CaseFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

TODAY = dt.date(2025, 6, 11)


def away(technician: User, deputy: User, first: int = 0, last: int = 0) -> Absence:
    """Bypassing the verb, which refuses circles."""
    days = {"first_day": TODAY + dt.timedelta(days=first), "last_day": TODAY + dt.timedelta(days=last)}
    return Absence.objects.create(technician=technician, deputy=deputy, **days)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from(list(itertools.permutations(range(5), 2))), max_size=8))
def test_both_ways_say_the_same_whatever_the_chain(edges):
    Absence.objects.all().delete()
    people = list(User.objects.filter(username__startswith="deputy-").order_by("pk")) or [
        UserFactory(username=f"deputy-{n}", role="technician") for n in range(5)
    ]
    for technician, deputy in edges:
        away(people[technician], people[deputy])
    reached = {n: _closure(n, edges) for n in range(5)}
    found = deputies.deputies_of([person.pk for person in people])
    covered = deputies.covers([person.pk for person in people])
    for n, person in enumerate(people):
        assert found.get(person.pk, set()) == {people[m].pk for m in reached[n]}
        assert covered.get(person.pk, set()) == {people[m].pk for m in range(5) if n in reached[m]}


def _closure(start: int, edges: set[tuple[int, int]]) -> set[int]:
    found: set[int] = set()
    while (more := {b for a, b in edges if a in found | {start}} | found) != found:
        found = more
    return found - {start}


def test_nobody_stands_in_before_and_after_or_without_being_able_to(technician, other_technician, administrator, clock):
    away(technician, other_technician, 1, 3)
    away(technician, other_technician, -3, -1)
    away(technician, administrator)
    away(technician, UserFactory(role="technician", is_active=False))
    assert deputies.deputies_of([technician.pk]) == {}
    clock.shift(dt.timedelta(days=2))
    assert deputies.deputies_of([technician.pk]) == {technician.pk: {other_technician.pk}}


@pytest.mark.parametrize("role", ["member", "administrator"])
def test_nobody_stands_in_for_who_is_no_technician_any_more(technician, other_technician, role):
    """Bypassing the verb, which ends their absences. The deputy of a deactivated technician continues."""
    away(technician, other_technician)
    User.objects.filter(pk=technician.pk).update(is_active=False)
    assert deputies.deputies_of([technician.pk]) == {technician.pk: {other_technician.pk}}
    User.objects.filter(pk=technician.pk).update(is_active=True, role=role)
    assert deputies.deputies_of([technician.pk]) == deputies.covers([other_technician.pk]) == {}
    assert deputies.stands_in_for(other_technician) == frozenset()


def test_a_deputy_has_the_rights_of_the_assigned_technician_while_it_lasts(technician, other_technician, clock):
    of_the_assigned = {
        action for action, roles in TABLE.items() if (r := roles.get("technician")) and r.relation == Relation.ASSIGNED
    }
    assert Action.RESCHEDULE in of_the_assigned
    cases = [CaseFactory(assigned_to=technician, **traits) for traits in ({}, {"scheduled": True}, {"held": True})]
    away(technician, other_technician)

    def offered(by: User, case) -> set[Action]:
        return permissions.allowed(by=User.objects.get(pk=by.pk), case=case) & of_the_assigned

    for case in cases:
        assert offered(other_technician, case) == offered(technician, case) != set()
    week = Schedule(TODAY + dt.timedelta(days=9))
    releases.schedule(case=cases[1], by=other_technician, source="web", release_on=week)
    assert CaseEvent.objects.get().actor == other_technician
    clock.shift(dt.timedelta(days=1))
    assert all(offered(other_technician, case) == set() for case in cases)
    with pytest.raises(NotAllowed):
        releases.return_to_accepted(case=cases[1], by=other_technician, source="web")


@pytest.mark.parametrize(
    ("first", "last", "may"),
    [(0, 0, False), (-1, 1, False), (1, 3, True), (-3, -1, True), (None, None, True)],
    ids=["today", "around today", "later", "over", "never"],
)
@pytest.mark.parametrize("length", [1, 2], ids=["deputy", "deputy of the deputy"])
def test_who_stands_in_is_no_second_person_for_an_approval(first, last, may, length, technician, other_technician):
    """Like the assigned technician, whose rights they have: they could move the case and approve it themselves."""
    chain = [technician, *(UserFactory(role="technician") for _ in range(length - 1)), other_technician]
    if first is not None:
        for person, deputy in itertools.pairwise(chain):
            away(person, deputy, first, last)
    case = CaseFactory(assigned_to=technician, scheduled=True)
    condition = releases.add_condition(case=case, by=technician, kind="approval", source="web")
    by = User.objects.get(pk=other_technician.pk)
    assert (Action.APPROVE in permissions.allowed(by=by, case=case)) is may
    if may:
        releases.approve(condition=condition, by=by, source="web")
    else:
        with pytest.raises(NotAllowed):
            releases.approve(condition=condition, by=by, source="web")


def test_to_know_it_takes_one_statement_for_a_page_and_none_for_ones_own_cases(technician, other_technician):
    cases = [CaseFactory(assigned_to=technician, scheduled=True) for _ in range(3)]
    now = dt.datetime(2025, 6, 11, tzinfo=dt.UTC)
    for person, statements in ((technician, 0), (other_technician, 1)):
        with CaptureQueriesContext(connection) as captured:
            for case in cases:
                permissions.allowed(by=person, case=case, now=now)
        assert len(captured) == statements
