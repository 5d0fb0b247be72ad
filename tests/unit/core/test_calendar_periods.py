"""Month, week and day: plain calendar arithmetic, including edge cases."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.core.calendar_periods import DAY, FIRST_DATE, LAST_DATE, CalendarView, Period

ANY_DATE = st.dates(FIRST_DATE, LAST_DATE)


@pytest.mark.parametrize(
    ("view", "date", "first", "last"),
    [
        (CalendarView.MONTH, dt.date(2025, 6, 11), dt.date(2025, 6, 1), dt.date(2025, 6, 30)),
        (CalendarView.MONTH, dt.date(2024, 2, 29), dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
        (CalendarView.MONTH, dt.date(2025, 12, 31), dt.date(2025, 12, 1), dt.date(2025, 12, 31)),
        (CalendarView.WEEK, dt.date(2025, 6, 11), dt.date(2025, 6, 9), dt.date(2025, 6, 15)),
        (CalendarView.WEEK, dt.date(2025, 6, 9), dt.date(2025, 6, 9), dt.date(2025, 6, 15)),
        (CalendarView.WEEK, dt.date(2025, 6, 15), dt.date(2025, 6, 9), dt.date(2025, 6, 15)),
        (CalendarView.WEEK, dt.date(2025, 1, 1), dt.date(2024, 12, 30), dt.date(2025, 1, 5)),
        (CalendarView.DAY, dt.date(2025, 6, 11), dt.date(2025, 6, 11), dt.date(2025, 6, 11)),
    ],
)
def test_where_a_period_begins_and_ends(view, date, first, last):
    period = Period(view, date)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        (dt.date(2021, 2, 14), 28),  # a February that begins on a Monday
        (dt.date(2025, 6, 11), 42),  # begins on a Sunday
        (dt.date(2025, 9, 1), 35),
    ],
)
def test_a_months_page_shows_whole_weeks(date, shown):
    days = Period(CalendarView.MONTH, date).days
    assert len(days) == shown
    assert (days[0].weekday(), days[-1].weekday()) == (0, 6)


@given(st.sampled_from(CalendarView), ANY_DATE)
def test_periods_follow_each_other_without_gap(view, date):
    period = Period(view, date)
    assert date in period
    assert set(period.days) >= {period.first + n * DAY for n in range((period.last - period.first).days + 1)}
    if period.next:
        assert period.next.first == period.last + DAY
        assert period.next.previous.first == period.first
    if period.previous:
        assert period.previous.last == period.first - DAY


@pytest.mark.parametrize("view", CalendarView)
def test_the_calendar_has_two_ends(view):
    assert Period(view, FIRST_DATE).previous is None
    assert Period(view, LAST_DATE).next is None
