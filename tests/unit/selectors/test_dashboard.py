"""The dashboard's prepared statements find what the querysets they are compiled from would find."""

import datetime as dt

import pytest
from django.http import QueryDict

from cases.core import schedule
from cases.forms.case_filter import CaseFilter
from cases.lifecycle import state_labels
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case, User
from cases.selectors import case_list, dashboard
from tests.clocks import frozen_clock, portals_today
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db

VIEWS = ["hidden", "in_progress", "announced"]
OF_STAFF = ["submitted", "accepted", "today", "scheduled", "held", "released"]
HOLDS = {"new": {"released"}, "open": {"submitted", "accepted"}, "today": {"scheduled"}}
VISIT = dt.datetime(2025, 6, 5, 12, tzinfo=dt.UTC)


@pytest.fixture
def cases_of_two(member, other_member, technician, other_technician):
    """More cases in some states than a group shows, of two members and two technicians, in no order."""
    for number in range(8):
        person, colleague = (member, technician) if number % 4 else (other_member, other_technician)
        accepted = VISIT + dt.timedelta(hours=number * 3 % 8)
        CaseFactory(member=person, assigned_to=colleague, date_accepted=accepted)
        CaseFactory(member=person, submitted=True, urgency="normal" if number % 3 else "urgent")
        CaseFactory(member=person, draft=True)
        CaseFactory(member=person, assigned_to=colleague, held=True)
        day = portals_today() + dt.timedelta(days=number * 5 % 8)
        CaseFactory(member=person, assigned_to=colleague, scheduled=True, scheduled_release_date=day)
        released = VISIT + dt.timedelta(days=number * 3 % 8 - 4)
        CaseFactory(member=person, assigned_to=colleague, released=True, actual_release_date=released)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("person", ["member", "other_member", "technician", "other_technician", "administrator"])
def test_groups_are_those_of_the_person(person, view, cases_of_two, request, settings, administrator):
    settings.RELEASE_MEMBER_VIEW = view
    user = request.getfixturevalue(person)
    user.previous_login = VISIT

    groups = {group.section.key: group for group in dashboard.groups_for(user)}

    announced = ["announced"] if view == "announced" else []
    wanted_keys = ["new", "released", *announced, "open", "draft"] if user.is_member else OF_STAFF
    if user.is_administrator:
        wanted_keys = [*wanted_keys, "failing"]
    assert list(groups) == wanted_keys
    shown: set[int] = set()
    for key, group in groups.items():
        wanted = expected(user, key)
        first = [case.pk for case in wanted if case.pk not in shown][:5]
        assert [case.pk for case in group.cases] == first, key
        assert group.shown_above == (0 if group.has_more else len(wanted) - len(first))
        shown.update(first)
        assert group.count == str(len(wanted))
        assert group.has_more == (len(wanted) > 5)


def expected(user: User, key: str) -> list[Case]:
    """Return all cases of a group, found without SQL beyond the visibility rule."""
    if key == "failing":
        return []
    holds = HOLDS.get(key, {key})
    cases = [case for case in Case.objects.visible_to(user) if state_labels.key_of(case, user) in holds]
    if user.is_technician and key != "submitted":
        cases = [case for case in cases if case.assigned_to == user]
    if key in ("new", "released"):
        if user.is_member:
            cases = [case for case in cases if (case.actual_release_date > VISIT) == (key == "new")]
        return sorted(cases, key=lambda case: (case.actual_release_date, case.pk), reverse=True)
    if key == "today":
        cases = [case for case in cases if case.scheduled_release_date <= portals_today()]
    if key in ("scheduled", "announced", "today"):
        return sorted(cases, key=lambda case: (case.scheduled_release_date, case.pk))
    if key == "accepted":
        return sorted(cases, key=lambda case: (case.date_accepted or case.date_created, case.pk), reverse=True)
    if key == "submitted" and not user.is_member:
        return sorted(cases, key=lambda case: (case.urgency != "urgent", case.pk))
    return sorted(cases, key=lambda case: -case.pk)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("person", ["member", "technician", "administrator"])
def test_the_list_that_a_section_names_has_its_cases(person, view, cases_of_two, request, settings, administrator):
    settings.RELEASE_MEMBER_VIEW = view
    user = request.getfixturevalue(person)
    user.previous_login = VISIT
    for group in [group for group in dashboard.groups_for(user) if group.section.key != "failing"]:
        asked = CaseFilter(QueryDict(group.section.query), by=user)
        assert asked.is_valid()
        listed = [case.pk for case in case_list.find(asked.list_query(), user).cases]
        cases = {case.pk for case in expected(user, group.section.key)}
        # What is new is at the top of what is ready.
        assert set(listed[: len(cases)]) == cases if group.is_new else cases <= set(listed)
        if group.section.key not in ("new", "released"):
            assert len(listed) == len(cases)


def test_to_who_never_signed_in_nothing_is_new(cases_of_two, member):
    member.previous_login = member.last_login = None
    counts = {group.section.key: group.count for group in dashboard.groups_for(member)}
    assert counts["new"] == "0"
    assert counts["released"] == "6"


def test_the_end_of_the_portals_day_is_the_end_of_today(member, technician, settings):
    """At 23:30 UTC it is already tomorrow in Auckland, and releases there are on that day."""
    settings.TIME_ZONE = "Pacific/Auckland"
    CaseFactory(member=member, assigned_to=technician, scheduled=True, scheduled_release_date=dt.date(2025, 6, 12))
    for moment, count in (("11:59", "0"), ("12:00", "1")):
        with frozen_clock(dt.datetime.fromisoformat(f"2025-06-11T{moment}+00:00")):
            groups = {group.section.key: group for group in dashboard.groups_for(technician)}
            assert groups["today"].count == count


def test_a_case_that_changes_its_state_in_between_is_in_no_wrong_group(member, technician, monkeypatch):
    """The first statement finds it accepted. When it is fetched, it is released."""
    case = CaseFactory(member=member, assigned_to=technician)
    fetch = VisibleCase.by_key

    def released_before(keys, *, to):
        Case.objects.filter(pk=case.pk).update(
            status="completed", actual_release_date=schedule.instant(portals_today(), None)
        )
        return fetch(keys, to=to)

    monkeypatch.setattr(VisibleCase, "by_key", released_before)
    assert [group.cases for group in dashboard.groups_for(member)] == [[], [], [], []]


def test_somebody_without_any_case_has_empty_groups(other_member):
    CaseFactory(member=UserFactory())
    assert {group.count for group in dashboard.groups_for(other_member)} == {"0"}
