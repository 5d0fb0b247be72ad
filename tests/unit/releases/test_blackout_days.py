"""Adding and removing blackout days: who may, what is refused, and the history."""

import datetime as dt

import pytest

from cases.core import limits
from cases.core.errors import BadSchedule, CaseError, NotAllowed, TooLong, WrongState
from cases.models import BlackoutDay, Case, PortalEvent
from cases.releases import blackout_days
from cases.selectors import blackout_days as selectors
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = dt.date(2025, 6, 11)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _today(clock):
    pass


def add(by, date=TODAY + DAY, name="Office move"):
    return blackout_days.add(date=date, name=name, by=by, source="web")


def test_a_day_is_added_and_removed_with_history(administrator):
    day = add(administrator, name="  Office move\n")
    assert (day.name, day.created_by) == ("Office move", administrator)
    blackout_days.remove(date=day.date, by=administrator, source="web")
    assert not BlackoutDay.objects.exists()
    removed, added = selectors.latest_changes()
    assert (added.kind, removed.kind) == ("blackout_day_added", "blackout_day_removed")
    assert added.said == removed.said == "June 12, 2025: Office move"
    assert (removed.actor, removed.source) == (administrator, "web")


@pytest.mark.parametrize("who", ["member", "technician"])
def test_only_administrators(who, request):
    by = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        add(by)
    with pytest.raises(NotAllowed):
        blackout_days.remove(date=TODAY + DAY, by=by, source="web")
    assert not BlackoutDay.objects.exists()
    assert not PortalEvent.objects.exists()


def test_a_deactivated_administrator_adds_none(administrator):
    type(administrator).objects.update(is_active=False)
    with pytest.raises(NotAllowed):
        add(administrator)


@pytest.mark.parametrize("date", [TODAY - DAY, dt.date.min, TODAY + 36_501 * DAY, dt.date.max])
def test_days_that_nobody_can_choose_are_refused(administrator, date):
    with pytest.raises(BadSchedule) as caught:
        add(administrator, date=date)
    assert caught.value.field == "date"


def test_today_and_the_furthest_day_are_days(administrator):
    add(administrator, date=TODAY)
    add(administrator, date=TODAY + 36_500 * DAY)


def test_names_are_words_of_some_length(administrator):
    for name in ("", " \n ", "\u200b"):
        with pytest.raises(CaseError, match="Enter a name"):
            add(administrator, name=name)
    with pytest.raises(TooLong):
        add(administrator, name="x" * (limits.NAME + 1))


def test_once_is_enough(administrator):
    first = add(administrator)
    assert add(administrator) == first
    with pytest.raises(WrongState):
        add(UserFactory(role="administrator"))
    with pytest.raises(WrongState):
        add(administrator, name="Again")
    blackout_days.remove(date=TODAY + DAY, by=administrator, source="web")
    with pytest.raises(WrongState):
        blackout_days.remove(date=TODAY + DAY, by=UserFactory(role="administrator"), source="web")
    blackout_days.remove(date=TODAY + DAY, by=administrator, source="web")
    assert PortalEvent.objects.count() == 2


def test_who_is_affected_and_nothing_moves(administrator, member, technician):
    people = {"member": member, "assigned_to": technician}
    affected = [CaseFactory(scheduled=True, scheduled_release_date=TODAY + DAY, **people) for _ in range(3)]
    for other in ({"scheduled_release_date": TODAY + 2 * DAY}, {"actual_release_date": dt.datetime.now(dt.UTC)}):
        CaseFactory(scheduled=True, **{"scheduled_release_date": TODAY + DAY, "release_number": 1, **people, **other})
    before = list(Case.objects.order_by("pk").values())
    day = add(administrator)
    assert list(selectors.scheduled_for(day.date, to=administrator)) == affected
    listed = selectors.with_cases([day], to=administrator)
    assert [(each.day, each.cases.number) for each in listed] == [(day, 3)]
    assert selectors.with_cases([], to=administrator) == []
    assert list(Case.objects.order_by("pk").values()) == before


def test_a_row_of_the_history_written_by_hand_is_read_too(administrator):
    for details in ({}, {"date": "soon", "name": "x"}, {"date": None}, []):
        PortalEvent.objects.create(
            kind="blackout_day_added", at=dt.datetime.now(dt.UTC), source="web", actor=administrator, details=details
        )
    assert [event.said for event in selectors.latest_changes()] == [""] * 4
