"""The suggested dates next to the date field of a release."""

import datetime as dt

import pytest

from cases.core.release_days import ReleaseDays
from cases.releases.presets import presets

DAY = dt.timedelta(days=1)
WEDNESDAY = dt.date(2026, 11, 25)


def offered(least, *, today, most, blackout=None):
    first, last = today + least * DAY, today + most * DAY
    return presets(today=today, first=first, last=last, days=ReleaseDays(today, last, blackout or {}))


def suggested(least, *, today=WEDNESDAY, most=365, **options):
    found = offered(least, today=today, most=most, **options)
    return [(preset.name, f"{preset.date:%a %b %-d}") for preset in found]


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (7, [("In 7 days", "Wed Dec 2"), ("Monday", "Mon Dec 7"), ("In 14 days", "Wed Dec 9")]),
        (0, [("Tomorrow", "Thu Nov 26"), ("Monday", "Mon Nov 30"), ("In 7 days", "Wed Dec 2")]),
        (1, [("Tomorrow", "Thu Nov 26"), ("Monday", "Mon Nov 30"), ("In 7 days", "Wed Dec 2")]),
        (5, [("In 5 days", "Mon Nov 30"), ("In 7 days", "Wed Dec 2"), ("Monday", "Mon Dec 7")]),
    ],
)
def test_by_the_minimum(least, expected):
    assert suggested(least) == expected


def test_two_of_them_may_be_one_day():
    assert suggested(7, today=dt.date(2026, 11, 23)) == [("In 7 days", "Mon Nov 30"), ("Monday", "Mon Dec 7")]


def test_none_is_later_than_may_be_chosen():
    assert suggested(7, most=10) == [("In 7 days", "Wed Dec 2")]


def test_the_next_open_day_is_suggested_in_the_place_of_a_closed_one(settings):
    settings.RELEASE_ON_WEEKENDS = False
    friday = dt.date(2026, 11, 27)
    assert suggested(1, today=friday) == [("Monday", "Mon Nov 30"), ("In 7 days", "Fri Dec 4")]
    closed = {dt.date(2026, 12, 2): "Inventory", dt.date(2026, 12, 7): "Moving"}
    assert suggested(7, blackout=closed) == [
        ("In 8 days", "Thu Dec 3"),
        ("In 13 days", "Tue Dec 8"),
        ("In 14 days", "Wed Dec 9"),
    ]


@pytest.mark.parametrize("least", range(20))
@pytest.mark.parametrize("weekday", range(7))
def test_always_in_order_and_in_bounds(least, weekday):
    today = WEDNESDAY + weekday * DAY
    found = [preset.date for preset in offered(least, today=today, most=30)]
    assert found == sorted(set(found))
    assert all(today + max(least, 1) * DAY <= date <= today + 30 * DAY for date in found)


def test_without_weekends_the_first_day_may_be_the_monday(settings):
    settings.RELEASE_ON_WEEKENDS = False
    saturday = dt.date(2026, 11, 28)
    assert suggested(7, today=saturday) == [("Monday", "Mon Dec 7"), ("In 16 days", "Mon Dec 14")]
