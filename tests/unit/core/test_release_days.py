"""Which days are closed, the order of the reasons, and how far ahead the next open day is searched."""

import datetime as dt

import pytest

from cases.core.release_days import DAY, SEARCH_DAYS, ReleaseDays, Why

FRIDAY = dt.date(2026, 7, 3)
SATURDAY, SUNDAY, MONDAY = (FRIDAY + n * DAY for n in (1, 2, 3))
YEAR = (FRIDAY - 30 * DAY, FRIDAY + 500 * DAY)


def days(blackouts=()):
    return ReleaseDays(*YEAR, dict.fromkeys(blackouts, "Office move"))


@pytest.fixture
def no_weekends(settings):
    settings.RELEASE_ON_WEEKENDS = False


@pytest.fixture
def texas(settings):
    settings.RELEASE_HOLIDAYS = "US-TX"


def test_every_day_is_open_by_default():
    assert days().closed_between(*YEAR) == []
    assert days().next_open(SATURDAY) == SATURDAY


def test_weekends(no_weekends):
    closed = days().closed_between(FRIDAY, MONDAY)
    assert [(day.date, day.why, day.name) for day in closed] == [
        (SATURDAY, Why.WEEKEND, "Weekend"),
        (SUNDAY, Why.WEEKEND, "Weekend"),
    ]
    assert closed[0].sentence == "There are no releases on weekends."
    assert days().next_open(SATURDAY) == MONDAY


def test_a_holiday_on_a_weekend_and_its_substitute(texas):
    closed = days().closed_between(FRIDAY, MONDAY)
    assert [(day.date, day.name) for day in closed] == [
        (FRIDAY, "Independence Day (observed)"),
        (SATURDAY, "Independence Day"),
    ]
    assert days().next_open(FRIDAY) == SUNDAY


def test_everything_at_once(texas, no_weekends):
    calendar = days([FRIDAY, MONDAY])
    assert [day.why for day in calendar.closed_between(FRIDAY, MONDAY)] == [
        "blackout",
        "holiday",
        "weekend",
        "blackout",
    ]
    assert calendar.closed(FRIDAY).sentence == "There are no releases on July 3, 2026: Office move."
    assert calendar.next_open(FRIDAY) == MONDAY + DAY


def test_a_year_without_data_is_open_but_for_weekends(settings, no_weekends):
    settings.RELEASE_HOLIDAYS = "US-TX"
    christmas = dt.date(2101, 12, 25)
    far = ReleaseDays(christmas, christmas + 10 * DAY, {})
    assert christmas.weekday() == 6
    assert far.next_open(christmas) == christmas + DAY


def test_the_search_ends():
    calendar = days(FRIDAY + n * DAY for n in range(SEARCH_DAYS + 1))
    assert calendar.next_open(FRIDAY) is None
    assert calendar.next_open(FRIDAY + DAY) == FRIDAY + (SEARCH_DAYS + 1) * DAY
    assert days([FRIDAY]).next_open(FRIDAY, last=FRIDAY) is None
    assert days([FRIDAY]).next_open(FRIDAY, last=SATURDAY) == SATURDAY
    assert days().next_open(SATURDAY, last=FRIDAY) is None, "a search that ends before it begins"


def test_the_nearest_open_day_is_later_if_there_is_one_and_else_earlier():
    wanted, first, last = SATURDAY, FRIDAY - 7 * DAY, SUNDAY
    assert days().nearest_open(wanted, first=first, last=last) == SATURDAY
    assert days([SATURDAY]).nearest_open(wanted, first=first, last=last) == SUNDAY
    assert days([SATURDAY, SUNDAY]).nearest_open(wanted, first=first, last=last) == FRIDAY
    assert days([SATURDAY, SUNDAY]).nearest_open(wanted, first=wanted, last=last) == wanted


@pytest.mark.parametrize("name", ["UTC", "America/Chicago", "Europe/Berlin", "America/Santiago"])
@pytest.mark.parametrize("change", ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-09-06"])
def test_days_of_23_and_25_hours_are_days_like_others(settings, no_weekends, name, change):
    settings.TIME_ZONE = name
    sunday = dt.date.fromisoformat(change)
    calendar = ReleaseDays(sunday - 7 * DAY, sunday + 7 * DAY, {})
    assert calendar.closed(sunday).why is Why.WEEKEND
    assert calendar.next_open(sunday - DAY) == sunday + DAY
