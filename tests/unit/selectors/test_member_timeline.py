"""The steps of a case for its member, in every state, with each RELEASE_MEMBER_VIEW."""

import datetime as dt

import pytest

from cases.lifecycle.case_for_viewer import VisibleCase
from cases.selectors.member_timeline import timeline
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
MEMBER = {"draft": "Caaa", "submitted": "dCaa", "accepted": "ddCa"} | LATER


def steps(state, user, **columns):
    case = CaseFactory(**COLUMNS[state] | columns)
    type(case).objects.filter(pk=case.pk).update(date_created=CREATED)
    case.refresh_from_db()
    return timeline(VisibleCase.of(case, to=user))


def progress(found):
    return "".join({"done": "d", "current": "C", "ahead": "a"}[step.progress] for step in found)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("state", COLUMNS)
def test_for_members(state, way, member, settings):
    settings.RELEASE_MEMBER_VIEW = way
    found = steps(state, member, member=member)
    assert [step.key for step in found] == ["draft", "submitted", "accepted", "released"]
    assert progress(found) == MEMBER[state]


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


def test_the_dates_of_a_released_case(member):
    assert [step.at for step in steps("released", member, member=member)] == [CREATED, SUBMITTED, ACCEPTED, RELEASED]


def test_a_returned_case_has_no_later_dates(member):
    found = steps("accepted", member, member=member)
    assert [step.at for step in found if step.progress == "ahead"] == [None]
