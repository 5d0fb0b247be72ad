"""The release calendar: it compares wall-clock times in the portal's zone, through all the oddities of daylight saving
time."""

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cases.core import schedule
from cases.core.schedule import Schedule
from cases.models import Case
from tests.factories import UserFactory

SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)
TICK = dt.timedelta(microseconds=1)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


# --- Instants ---------------------------------------------------------------------------------------------------------

INSTANTS = [
    # zone, wall-clock time of the schedule, the first moment at which the clock reaches it
    pytest.param("UTC", "2025-06-11 00:00", "2025-06-11 00:00", id="UTC"),
    pytest.param("Europe/Berlin", "2025-06-11 09:30", "2025-06-11 07:30", id="summer in Berlin"),
    pytest.param("Europe/Berlin", "2025-12-11 09:30", "2025-12-11 08:30", id="winter in Berlin"),
    pytest.param("Pacific/Auckland", "2025-12-11 00:00", "2025-12-10 11:00", id="east of UTC it is the day before"),
    pytest.param("America/Los_Angeles", "2025-06-10 23:00", "2025-06-11 06:00", id="west of UTC it is the day after"),
    pytest.param("Asia/Kathmandu", "2025-06-11 00:00", "2025-06-10 18:15", id="a quarter of an hour"),
    # Times that do not exist are reached when the clock jumps past them.
    pytest.param("Europe/Berlin", "2025-03-30 02:30", "2025-03-30 01:00", id="gap in Berlin"),
    pytest.param("Europe/Berlin", "2025-03-30 02:00", "2025-03-30 01:00", id="gap in Berlin, its first moment"),
    pytest.param("Europe/Berlin", "2025-03-30 03:00", "2025-03-30 01:00", id="gap in Berlin, just after"),
    pytest.param("America/New_York", "2025-03-09 02:30", "2025-03-09 07:00", id="gap in New York"),
    pytest.param("Australia/Lord_Howe", "2025-10-05 02:15", "2025-10-04 15:30", id="half an hour's gap on Lord Howe"),
    pytest.param("Africa/Cairo", "2025-04-25 00:00", "2025-04-24 22:00", id="no midnight in Cairo"),
    pytest.param("America/Santiago", "2025-09-07 00:00", "2025-09-07 04:00", id="no midnight in Santiago"),
    pytest.param("Pacific/Apia", "2011-12-30 00:00", "2011-12-30 10:00", id="no such day in Samoa"),
    pytest.param("Pacific/Apia", "2011-12-30 18:00", "2011-12-30 10:00", id="no such evening in Samoa"),
    pytest.param("Pacific/Apia", "2011-12-31 00:00", "2011-12-30 10:00", id="the day after no such day in Samoa"),
    # Times that occur twice are reached the first time.
    pytest.param("Europe/Berlin", "2025-10-26 02:30", "2025-10-26 00:30", id="fold in Berlin"),
    pytest.param("Europe/Berlin", "2025-10-26 03:00", "2025-10-26 02:00", id="fold in Berlin, just after"),
    pytest.param("America/New_York", "2025-11-02 01:30", "2025-11-02 05:30", id="fold in New York"),
    pytest.param("Australia/Lord_Howe", "2025-04-06 01:45", "2025-04-05 14:45", id="half an hour's fold on Lord Howe"),
    pytest.param("America/Havana", "2025-11-02 00:00", "2025-11-02 04:00", id="two midnights in Havana"),
    pytest.param("America/Asuncion", "2024-03-24 00:00", "2024-03-24 04:00", id="one midnight in Asunción, the second"),
    pytest.param("America/Asuncion", "2024-03-23 23:30", "2024-03-24 02:30", id="two evenings in Asunción"),
    pytest.param("America/St_Johns", "2010-11-07 00:00", "2010-11-07 02:30", id="fold across midnight in St. John's"),
    # The calendar.
    pytest.param("UTC", "2028-02-29 12:00", "2028-02-29 12:00", id="leap day"),
    pytest.param("Europe/Berlin", "2025-12-31 23:59:59", "2025-12-31 22:59:59", id="the year's last second"),
]


@pytest.mark.parametrize(("zone", "scheduled", "expected"), INSTANTS)
def test_instant(zone, scheduled, expected):
    with override_settings(TIME_ZONE=zone):
        moment = wall(scheduled)
        found = schedule.instant(moment.date(), moment.time())
        assert found == utc(expected)
        assert found.utcoffset() == dt.timedelta()
        assert schedule.reached(found) >= moment
        assert schedule.reached(found - TICK) < moment


def test_no_time_means_the_default_time_of_day(settings):
    settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY = "Europe/Berlin", dt.time(9, 30)
    assert Schedule(dt.date(2025, 6, 11)).instant == utc("2025-06-11 07:30")
    assert Schedule(dt.date(2025, 6, 11), dt.time(0)).instant == utc("2025-06-10 22:00"), "midnight is a time"


REACHED = [
    pytest.param("Europe/Berlin", "2025-06-11 07:30", "2025-06-11 09:30", id="what the clock shows"),
    pytest.param("Europe/Berlin", "2025-03-30 01:00", "2025-03-30 03:00", id="gap"),
    pytest.param("Europe/Berlin", "2025-10-26 00:59:59", "2025-10-26 02:59:59", id="before the clock is set back"),
    pytest.param("Europe/Berlin", "2025-10-26 01:00", "2025-10-26 02:59:59.999999", id="set back: all was shown"),
    pytest.param("Europe/Berlin", "2025-10-26 01:59", "2025-10-26 02:59:59.999999", id="the hour's second end"),
    pytest.param("Europe/Berlin", "2025-10-26 02:00", "2025-10-26 03:00", id="after the second hour"),
    pytest.param("Australia/Lord_Howe", "2025-04-05 15:10", "2025-04-06 01:59:59.999999", id="Lord Howe, set back"),
    pytest.param("America/St_Johns", "2010-11-07 02:40", "2010-11-07 00:00:59.999999", id="set back to the day before"),
]


@pytest.mark.parametrize(("zone", "now", "expected"), REACHED)
def test_reached(zone, now, expected):
    with override_settings(TIME_ZONE=zone):
        assert schedule.reached(utc(now)) == wall(expected)


# --- Dates offered ----------------------------------------------------------------------------------------------------

DATES = [
    # zone, now, today, least (+7), default (+10), last (+365)
    pytest.param("UTC", "2025-06-11 12:00", "2025-06-11", "2025-06-18", "2025-06-21", "2026-06-11", id="UTC"),
    pytest.param(
        "Pacific/Auckland", "2025-06-11 12:00", "2025-06-12", "2025-06-19", "2025-06-22", "2026-06-12", id="tomorrow"
    ),
    pytest.param(
        "America/Los_Angeles", "2025-06-11 06:59", "2025-06-10", "2025-06-17", "2025-06-20", "2026-06-10",
        id="still yesterday",
    ),
    pytest.param("UTC", "2025-01-25 23:59", "2025-01-25", "2025-02-01", "2025-02-04", "2026-01-25", id="month end"),
    pytest.param("UTC", "2024-02-22 00:00", "2024-02-22", "2024-02-29", "2024-03-03", "2025-02-21", id="to a leap day"),
    pytest.param("UTC", "2024-02-29 00:00", "2024-02-29", "2024-03-07", "2024-03-10", "2025-02-28", id="from one"),
    pytest.param("UTC", "2024-12-27 00:00", "2024-12-27", "2025-01-03", "2025-01-06", "2025-12-27", id="year end"),
    pytest.param(
        "Europe/Berlin", "2025-10-25 22:30", "2025-10-26", "2025-11-02", "2025-11-05", "2026-10-26",
        id="on the day of 25 hours",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "now", "today", "least", "default", "last"), DATES)
def test_dates_are_counted_from_today_in_the_portals_zone(settings, zone, now, today, least, default, last):
    settings.TIME_ZONE = zone
    settings.RELEASE_MIN_DAYS, settings.RELEASE_DEFAULT_DAYS, settings.RELEASE_MAX_DAYS = 7, 10, 365
    moment = utc(now)
    found = [
        date_of(moment)
        for date_of in (schedule.date_of, schedule.least_date, schedule.default_date, schedule.last_date)
    ]
    assert [date.isoformat() for date in found] == [today, least, default, last]


# --- Any zone, any date -----------------------------------------------------------------------------------------------

ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "America/Asuncion", "America/Caracas", "America/Havana", "America/New_York",
    "America/Nuuk", "America/Santiago", "America/Scoresbysund", "America/St_Johns", "Antarctica/Casey",
    "Antarctica/Troll", "Asia/Gaza", "Asia/Kathmandu", "Asia/Pyongyang", "Asia/Tehran", "Atlantic/Azores",
    "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham",
    "Pacific/Kiritimati", "Pacific/Norfolk", "UTC",
]  # fmt: skip


@cache
def changes(zone: str) -> list[dt.datetime]:
    """Return the moments from 2005 to 2035 at which the clocks of `zone` change, to the minute."""
    tz = ZoneInfo(zone)

    def offset(moment):
        return moment.astimezone(tz).utcoffset()

    found = []
    day = utc("2005-01-01")
    while day < utc("2035-01-01"):
        low, high = day, day + dt.timedelta(days=1)
        if offset(low) != offset(high):
            while high - low > MINUTE:
                middle = low + (high - low) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        day += dt.timedelta(days=1)
    return found or [utc("2025-06-11")]


@st.composite
def zones_and_moments(draw):
    """A zone and two moments, most of them within hours of a change of its clocks."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(changes(zone)))
    near = st.integers(-4 * 3600, 4 * 3600).map(lambda seconds: change + seconds * SECOND)
    far = st.integers(-400, 400).map(lambda days: change + dt.timedelta(days=days))
    moments = st.one_of(near, near, far)
    return zone, draw(moments), draw(moments)


@given(zones_and_moments())
@example(("Pacific/Apia", utc("2011-12-30 09:59:59"), utc("2011-12-30 10:00")))
@example(("America/St_Johns", utc("2010-11-07 02:31"), utc("2010-11-07 03:31")))
@hypothesis_settings(max_examples=400, deadline=None)
def test_instant_is_the_first_moment_at_which_the_schedule_is_reached(drawn):
    zone, moment, other = drawn
    # Any wall-clock time near that moment, including ones that the clock never shows.
    wanted = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + (other - moment) % dt.timedelta(hours=2)
    with override_settings(TIME_ZONE=zone):
        found = schedule.instant(wanted.date(), wanted.time())
        assert schedule.reached(found) >= wanted
        assert schedule.reached(found - TICK) < wanted
        assert schedule.reached(found - SECOND) < wanted


@given(zones_and_moments())
@hypothesis_settings(max_examples=300, deadline=None)
def test_what_was_reached_stays_reached(drawn):
    zone, one, other = drawn
    with override_settings(TIME_ZONE=zone):
        assert schedule.reached(min(one, other)) <= schedule.reached(max(one, other))


# --- Due, in the database ---------------------------------------------------------------------------------------------

DUE_NEAR = [
    pytest.param("Europe/Berlin", "2025-03-30 01:00", id="gap in Berlin"),
    pytest.param("Europe/Berlin", "2025-10-26 01:00", id="fold in Berlin"),
    pytest.param("Australia/Lord_Howe", "2025-04-05 15:00", id="fold on Lord Howe"),
    pytest.param("America/St_Johns", "2010-11-07 02:31", id="fold across midnight in St. John's"),
    pytest.param("Africa/Cairo", "2025-04-24 22:00", id="no midnight in Cairo"),
    pytest.param("Pacific/Apia", "2011-12-30 10:00", id="no such day in Samoa"),
    pytest.param("America/Los_Angeles", "2025-06-11 07:00", id="midnight in Los Angeles"),
]

# SQLite compares the same columns with the same values, so one default time is enough for it.
DEFAULTS = ["00:00", "02:30", "23:45"] if connection.vendor == "postgresql" else ["02:30"]


@pytest.mark.django_db
@pytest.mark.parametrize("default", DEFAULTS, ids="default time {}".format)
@pytest.mark.parametrize(("zone", "middle"), DUE_NEAR)
def test_the_database_agrees_on_what_is_due(settings, zone, middle, default):
    """For schedules over three days, with and without a time, at moments around a clock change, `due`, its index ranges
    and `any_due` agree with the instants."""
    settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY = zone, dt.time.fromisoformat(default)
    day = utc(middle).astimezone(ZoneInfo(zone)).date()
    dates = [day + dt.timedelta(days=n) for n in (-2, -1, 0, 1)]
    times = [None, *(dt.time(hour, minute) for hour in (0, 1, 2, 3, 9, 22, 23) for minute in (0, 15, 30, 45))]
    member = UserFactory()
    made = Case.objects.bulk_create(
        Case(member=member, status="completed", scheduled_release_date=date, scheduled_release_time=time)
        for date in dates
        for time in times
    )
    moments = [
        utc(middle) + n * 15 * MINUTE + odd for n in (-12, -8, *range(-5, 6), 8, 12) for odd in (-TICK, 0 * SECOND)
    ]

    instants = {case.pk: case.release_instant for case in made}
    for now in moments:
        expected = {pk for pk, instant in instants.items() if instant <= now}
        assert {case.pk for case in Case.objects.due(now)} == expected, now
        found = [case.pk for index_range in Case.objects.due_index_ranges(now) for case in index_range]
        assert len(found) == len(expected)
        assert set(found) == expected, now
        assert Case.objects.any_due(now) == bool(expected)
        assert Case.objects.filter(pk=made[-1].pk).any_due(now) == (made[-1].pk in expected)


@pytest.mark.django_db
def test_a_failed_case_is_not_due_before_its_next_try(clock):
    now = utc("2025-06-11 12:00")
    case = Case.objects.create(
        member=UserFactory(), status="completed", scheduled_release_date=dt.date(2025, 6, 1),
        release_attempts=1, release_error="no", release_next_try=now + SECOND,
    )  # fmt: skip
    assert not Case.objects.any_due(now)
    assert list(Case.objects.due(now)) == []
    assert Case.objects.any_due(now + SECOND)
    assert list(Case.objects.due(now + SECOND)) == [case]
