"""The one visibility rule (docs/rules.md, 3): who knows about a case, by role, status and RELEASE_MEMBER_VIEW."""

import pytest
from django.contrib.auth.models import AnonymousUser

from cases.models import Case
from cases.models.case_visibility import is_only_announced, only_announced
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

STATES = ["draft", "submitted", "accepted", "held", "scheduled", "due", "released"]
EVERY = " ".join(STATES)

SEES = {
    # RELEASE_MEMBER_VIEW, who → the states of Mia's cases that they know about
    ("hidden", "member"): "draft submitted accepted released",
    ("in_progress", "member"): EVERY,
    ("announced", "member"): EVERY,
    ("hidden", "other_member"): "",
    ("in_progress", "other_member"): "",
    ("announced", "other_member"): "",
    ("hidden", "technician"): "submitted accepted held scheduled due released",
    ("in_progress", "technician"): "submitted accepted held scheduled due released",
    ("hidden", "other_technician"): "submitted accepted held scheduled due released",
    ("hidden", "administrator"): EVERY,
    ("announced", "administrator"): EVERY,
    ("hidden", "nobody"): "",
    ("announced", "nobody"): "",
}


@pytest.fixture
def cases(member, technician):
    """Mia's cases, one in each state."""
    made = {}
    for state in STATES:
        traits = {} if state == "accepted" else {state: True}
        made[CaseFactory(member=member, assigned_to=technician, **traits).pk] = state
    return made


def seen_by(user, cases):
    return {cases[pk] for pk in Case.objects.visible_to(user).values_list("pk", flat=True)}


def named(request, who):
    return AnonymousUser() if who == "nobody" else request.getfixturevalue(who)


@pytest.mark.parametrize(("view", "who"), SEES, ids=" ".join)
def test_who_sees_what(settings, request, cases, view, who):
    settings.RELEASE_MEMBER_VIEW = view
    user, states = named(request, who), set(SEES[view, who].split())
    assert seen_by(user, cases) == states
    completed = Case.objects.filter(status="completed")
    assert {cases[case.pk] for case in completed.completed_visible_to(user)} == states - {
        "draft",
        "submitted",
        "accepted",
    }


@pytest.mark.parametrize("view", ["hidden", "in_progress", "announced"])
@pytest.mark.parametrize("who", ["member", "technician", "administrator"])
def test_deactivated_users_see_nothing(settings, request, cases, view, who):
    settings.RELEASE_MEMBER_VIEW = view
    user = named(request, who)
    user.is_active = False
    assert seen_by(user, cases) == set()


def test_a_django_superuser_who_is_a_member_sees_as_a_member(cases, member):
    member.is_superuser = member.is_staff = True
    assert seen_by(member, cases) == set(SEES["hidden", "member"].split())


def test_it_narrows_any_queryset(cases, member):
    assert set(Case.objects.filter(status="completed").visible_to(member).values_list("pk", flat=True)) == {
        pk for pk, state in cases.items() if state == "released"
    }
    assert Case.objects.visible_to(member).filter(status="draft").count() == 1


@pytest.mark.parametrize("view", ["hidden", "in_progress", "announced"])
def test_what_is_only_announced_is_the_same_of_rows_and_of_a_loaded_case(view, cases, settings):
    settings.RELEASE_MEMBER_VIEW = view
    matching = only_announced()
    rows = {cases[pk] for pk in Case.objects.filter(matching).values_list("pk", flat=True)} if matching else set()
    assert rows == {cases[case.pk] for case in Case.objects.all() if is_only_announced(case)}
    assert rows == ({"scheduled", "due"} if view == "announced" else set())
