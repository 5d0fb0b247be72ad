"""The dashboard's prepared statements find what the querysets that they were made of would find."""

import datetime as dt

import pytest

from cases import boards, schedule, states
from cases.models import Case, User
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db

VIEWS = ["hidden", "in_progress", "announced"]


@pytest.fixture
def cases_of_two(mia, olga, tom, otto):
    """More than a group shows of some states, of two members and two technicians, in no order."""
    for number in range(8):
        member, technician = (mia, tom) if number % 4 else (olga, otto)
        CaseFactory(member=member, assigned_to=technician)
        CaseFactory(member=member, submitted=True)
        CaseFactory(member=member, draft=True)
        CaseFactory(member=member, assigned_to=technician, held=True)
        day = schedule.today() + dt.timedelta(days=3 + number * 5 % 8)
        CaseFactory(member=member, assigned_to=technician, scheduled=True, scheduled_release_date=day)
        CaseFactory(member=member, assigned_to=technician, released=True)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("person", ["mia", "olga", "tom", "otto", "ada"])
def test_groups_are_those_of_the_person(person, view, cases_of_two, request, settings, ada):
    settings.RELEASE_MEMBER_VIEW = view
    user = request.getfixturevalue(person)

    groups = {group.state.key: group for group in boards.groups_for(user)}

    assert groups.keys() == {state.key for state in states.shown_to(user) if user.is_member or state.key != "draft"}
    for key, group in groups.items():
        wanted = expected(user, key)
        assert [case.pk for case in group.cases] == [case.pk for case in wanted[:5]]
        assert {case.state for case in group.cases} <= {key}
        assert group.count == str(len(wanted))
        assert group.has_more == (len(wanted) > 5)


def expected(user: User, key: str) -> list[Case]:
    """All cases of a group, found without SQL beyond the visibility rule."""
    cases = [case for case in Case.objects.visible_to(user) if states.key_of(case, user) == key]
    if user.is_technician and key != "submitted":
        cases = [case for case in cases if case.assigned_to == user]
    if key == "released":
        return sorted(cases, key=lambda case: (case.actual_release_date, case.pk), reverse=True)
    if key == "completed":
        return sorted(cases, key=lambda case: (case.scheduled_release_date, case.pk))
    return sorted(cases, key=lambda case: -case.pk)


def test_a_case_that_changes_its_state_in_between_is_in_no_wrong_group(mia, tom, monkeypatch):
    """The first statement finds it accepted; when it is fetched it is released."""
    case = CaseFactory(member=mia, assigned_to=tom)
    fetch = boards._seen

    def released_before(keys, user):
        Case.objects.filter(pk=case.pk).update(
            status="completed", actual_release_date=schedule.instant(schedule.today(), None)
        )
        return fetch(keys, user)

    monkeypatch.setattr(boards, "_seen", released_before)
    assert [group.cases for group in boards.groups_for(mia)] == [[], [], [], []]


def test_somebody_without_any_case_has_empty_groups(olga):
    CaseFactory(member=UserFactory())
    assert {group.count for group in boards.groups_for(olga)} == {"0"}
