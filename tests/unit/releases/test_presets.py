"""The dates that are suggested beside the date of a release."""

import datetime as dt

import pytest

from cases.releases.presets import presets

DAY = dt.timedelta(days=1)
WEDNESDAY = dt.date(2026, 11, 25)


def suggested(least, *, today=WEDNESDAY, most=365):
    return [
        (preset.name, f"{preset.date:%a %b %-d}")
        for preset in presets(today=today, first=today + least * DAY, last=today + most * DAY)
    ]


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


@pytest.mark.parametrize("least", range(20))
@pytest.mark.parametrize("weekday", range(7))
def test_always_in_order_and_in_bounds(least, weekday):
    today = WEDNESDAY + weekday * DAY
    found = [preset.date for preset in presets(today=today, first=today + least * DAY, last=today + 30 * DAY)]
    assert found == sorted(set(found))
    assert all(today + max(least, 1) * DAY <= date <= today + 30 * DAY for date in found)
