"""A closed day cannot be chosen by anyone, through any door. Stored schedules stay as they are."""

import datetime as dt
import functools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import releases
from cases.core.errors import BadSchedule, ReasonRequired
from cases.core.schedule import Schedule
from cases.lifecycle.closed_days import default_date, unknown_years
from cases.models import BlackoutDay, Case
from cases.releases import release_choice
from cases.releases.schedule_policy import check_choice
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)  # a Wednesday
DAY = dt.timedelta(days=1)
SATURDAY, MONDAY = dt.date(2025, 6, 21), dt.date(2025, 6, 23)
JUNETEENTH = dt.date(2025, 6, 19)


@pytest.fixture(autouse=True)
def _now(clock):
    pass


@pytest.fixture
def no_weekends(settings):
    settings.RELEASE_ON_WEEKENDS = False


@pytest.fixture
def blackout(administrator):
    def close(*dates):
        rows = [BlackoutDay(date=date, name="Office move", created=NOW, created_by=administrator) for date in dates]
        BlackoutDay.objects.bulk_create(rows)

    return close


def refusal(date, by, *, reason="because", now=NOW):
    with pytest.raises(BadSchedule) as caught:
        check_choice(Schedule(date), case=Case(), by=by, reason=reason, now=now)
    assert caught.value.field == "release_date"
    return caught.value.message


@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_a_closed_day_is_refused_and_the_next_open_one_named(who, request, settings, no_weekends, blackout):
    by = request.getfixturevalue(who)
    settings.RELEASE_HOLIDAYS = "US-TX"
    assert refusal(SATURDAY, by) == (
        "There are no releases on weekends. The next available date is Monday, June 23, 2025."
    )
    assert refusal(JUNETEENTH, by) == (
        "There are no releases on June 19, 2025: Emancipation Day In Texas, Juneteenth National Independence Day. "
        "The next available date is Friday, June 20, 2025."
    )
    blackout(JUNETEENTH + DAY, MONDAY)
    assert refusal(MONDAY, by) == (
        "There are no releases on June 23, 2025: Office move. The next available date is Tuesday, June 24, 2025."
    )
    assert "The next available date is Tuesday, June 24, 2025." in refusal(JUNETEENTH, by)
    check_choice(Schedule(MONDAY + DAY), case=Case(), by=by, reason="", now=NOW)


def test_the_day_named_is_one_that_the_person_may_choose(technician, administrator, blackout, settings):
    settings.RELEASE_MAX_DAYS = 10
    last = dt.date(2025, 6, 21)
    blackout(last)
    assert refusal(last, technician) == (
        "There are no releases on June 21, 2025: Office move. No later date is available. "
        "Choose an earlier one, or ask an administrator."
    )
    assert "The next available date is Sunday, June 22, 2025." in refusal(last, administrator)


def test_administrators_learn_of_the_day_before_they_give_a_reason(administrator, blackout):
    tomorrow = dt.date(2025, 6, 12)
    blackout(tomorrow)
    assert "Office move" in refusal(tomorrow, administrator, reason="")
    with pytest.raises(ReasonRequired):
        check_choice(Schedule(tomorrow + DAY), case=Case(), by=administrator, reason="", now=NOW)


def test_the_earliest_date_is_an_open_one(technician, no_weekends):
    saturday = NOW - 4 * DAY  # June 7: seven days later is one too
    assert refusal(dt.date(2025, 6, 9), technician, now=saturday) == "The earliest date is June 16, 2025."
    assert refusal(dt.date(2025, 6, 9), technician) == "The earliest date is June 18, 2025: 7 days from today."


def test_the_default_date_moves_to_the_next_open_day(no_weekends, blackout, settings):
    saturday = dt.datetime(2025, 6, 14, 12, tzinfo=dt.UTC)
    assert default_date(saturday) == MONDAY
    blackout(MONDAY)
    assert default_date(saturday) == MONDAY + DAY
    settings.RELEASE_MAX_DAYS = 9
    settings.RELEASE_MIN_DAYS = 5
    assert default_date(saturday) == dt.date(2025, 6, 20), "what technicians may not choose helps nobody"


def test_a_calendar_without_an_open_day_is_refused_clearly(technician, administrator, blackout):
    blackout(*[NOW.date() + n * DAY for n in range(800)])
    assert default_date(NOW) == dt.date(2025, 6, 18)
    for by in (technician, administrator):
        assert "No later date is available." in refusal(default_date(NOW), by)


def test_a_choice_without_a_date_takes_the_open_default(no_weekends, clock):
    clock.move_to(dt.datetime(2025, 6, 14, 12, tzinfo=dt.UTC))
    chosen = release_choice.release_on(case=Case(), option="schedule", date=None, time=dt.time(9, 30))
    assert chosen == Schedule(MONDAY, dt.time(9, 30))


def test_stored_schedules_do_not_move_and_are_released(member, technician, blackout, settings, no_weekends, clock):
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True, scheduled_release_date=SATURDAY)
    blackout(SATURDAY)
    clock.move_to(dt.datetime(2025, 6, 21, tzinfo=dt.UTC))
    releases.release_due(by="sweep", source="sweep")
    case.refresh_from_db()
    assert (case.scheduled_release_date, case.is_released) == (SATURDAY, True)


def test_a_release_by_hand_is_bound_to_no_day(member, technician, blackout):
    blackout(NOW.date())
    case = CaseFactory(member=member, assigned_to=technician)
    assert releases.complete(case=case, by=technician, source="web", release_on=None).is_released


def test_another_time_on_a_closed_day_is_a_choice_of_that_day(member, technician, blackout):
    case = CaseFactory(member=member, assigned_to=technician, scheduled=True, scheduled_release_date=MONDAY)
    blackout(MONDAY)
    with pytest.raises(BadSchedule, match="Office move"):
        releases.schedule(case=case, by=technician, source="web", release_on=Schedule(MONDAY, dt.time(9)))


@pytest.mark.parametrize("door", ["dialog", "api", "reschedule", "calendar", "api again"])
@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_no_door_lets_a_closed_day_through(door, who, request, client, member, technician, no_weekends):
    by = request.getfixturevalue(who)
    is_new = door in ("dialog", "api")
    case = CaseFactory(member=member, assigned_to=technician, scheduled=not is_new)
    data = {"release_date": SATURDAY.isoformat(), "reason": "because", "version": case.version}
    option = {"release_option": "schedule"}
    client.force_login(by)
    send = {
        "dialog": functools.partial(client.post, f"/cases/{case.pk}/complete/", data | option),
        "reschedule": functools.partial(client.post, f"/cases/{case.pk}/reschedule/", data),
        "calendar": functools.partial(client.post, f"/calendar/{case.pk}/move/", data),
        "api": functools.partial(client.post, f"/api/cases/{case.pk}/release/", data | option, "application/json"),
    }
    answer = send[door.split()[0]]()
    assert answer.status_code == 400
    assert "There are no releases on weekends." in answer.content.decode()
    assert "Monday, June 23, 2025" in answer.content.decode()
    stored = Case.objects.get()
    assert (stored.version, stored.scheduled_release_date) == (case.version, case.scheduled_release_date)


def test_a_choice_takes_one_query(technician, blackout, settings):
    settings.RELEASE_HOLIDAYS = "DE-BY"
    blackout(*[MONDAY + n * DAY for n in range(30)])
    with CaptureQueriesContext(connection) as queries:
        refusal(MONDAY, technician)
        assert len(queries) == 1
        default_date(NOW)
        assert len(queries) == 2


def test_years_without_data_are_said(settings):
    assert unknown_years(NOW) == ""
    settings.RELEASE_HOLIDAYS = "LK"
    assert unknown_years(NOW) == ""
    spring = NOW + 300 * DAY
    assert (
        unknown_years(spring)
        == "No public holidays are known for 2027. No day that year is closed as a public holiday."
    )
    settings.RELEASE_MAX_DAYS = 800
    assert unknown_years(spring) == (
        "No public holidays are known for 2027, 2028. No day in those years is closed as a public holiday."
    )
