"""The steps of a case, in every state, for each role, in each way of RELEASE_MEMBER_VIEW."""

import datetime as dt

import pytest

from cases.lifecycle.visible_case import VisibleCase
from cases.selectors.timeline import timeline
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

WAYS = ["hidden", "in_progress", "announced"]
CREATED, SUBMITTED, ACCEPTED, COMPLETED, RELEASED = (dt.datetime(2025, 6, day, tzinfo=dt.UTC) for day in range(1, 6))
DATES = {"date_submitted": SUBMITTED, "date_accepted": ACCEPTED}
ON = dt.date(2025, 6, 20)
INSTANT = dt.datetime(2025, 6, 20, tzinfo=dt.UTC)
COLUMNS = {
    "draft": {"draft": True},
    "submitted": {"submitted": True, "date_submitted": SUBMITTED},
    "accepted": DATES,
    "held": {"held": True, "date_completed": COMPLETED} | DATES,
    "scheduled": {"scheduled": True, "date_completed": COMPLETED, "scheduled_release_date": ON} | DATES,
    "released": {"released": True, "date_completed": COMPLETED, "actual_release_date": RELEASED} | DATES,
}
# done, CURRENT and ahead by their first letters.
LATER = {"held": "ddCa", "scheduled": "ddCa", "released": "dddC"}
STAFF = {"draft": "aaaa", "submitted": "Caaa", "accepted": "dCaa"} | LATER
MEMBER = {"draft": "Caaa", "submitted": "dCaa", "accepted": "ddCa"} | LATER


def steps(state, user, **columns):
    case = CaseFactory(**COLUMNS[state] | columns)
    type(case).objects.filter(pk=case.pk).update(date_created=CREATED)
    case.refresh_from_db()
    return timeline(VisibleCase.of(case, to=user), to=user)


def progress(found):
    return "".join({"done": "d", "current": "C", "ahead": "a"}[step.progress] for step in found)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", COLUMNS)
def test_for_members(state, way, member, settings):
    settings.RELEASE_MEMBER_VIEW = way
    found = steps(state, member, member=member)
    assert [step.key for step in found] == ["draft", "submitted", "accepted", "released"]
    assert progress(found) == MEMBER[state]


# Of drafts only administrators know.
WHO_SEES_WHAT = [("administrator", state) for state in COLUMNS] + [
    ("technician", state) for state in COLUMNS if state != "draft"
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("who", "state"), WHO_SEES_WHAT)
def test_for_staff_it_is_the_same_in_every_way(state, way, who, request, settings):
    settings.RELEASE_MEMBER_VIEW = way
    found = steps(state, request.getfixturevalue(who))
    assert [step.key for step in found] == ["submitted", "accepted", "completed", "released"]
    assert progress(found) == STAFF[state]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", ["held", "scheduled"])
def test_a_member_cannot_tell_a_completed_case_from_an_accepted_one(state, way, member, settings):
    settings.RELEASE_MEMBER_VIEW = way
    found, accepted = steps(state, member, member=member), steps("accepted", member, member=member)
    if (way, state) == ("announced", "scheduled"):
        assert [step.at for step in found] == [None] * 4, "number, title and date, nothing else"
        assert [step.waits_for for step in found] == [None, None, None, INSTANT]
    else:
        assert found == accepted


def test_the_dates_of_a_released_case(member, technician):
    assert [step.at for step in steps("released", member, member=member)] == [CREATED, SUBMITTED, ACCEPTED, RELEASED]
    assert [step.at for step in steps("released", technician)] == [SUBMITTED, ACCEPTED, COMPLETED, RELEASED]


def test_staff_read_what_the_release_waits_for(technician):
    assert [step.waits_for for step in steps("scheduled", technician)] == [None, None, INSTANT, None]
    assert [step.waits_for for step in steps("held", technician)] == [None] * 4


def test_a_returned_case_has_no_later_dates(technician, member):
    for user in (technician, member):
        found = steps("accepted", user, member=member)
        assert [step.at for step in found if step.progress == "ahead"] == [None] * progress(found).count("a")
