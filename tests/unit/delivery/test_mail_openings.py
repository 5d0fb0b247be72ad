"""The next opening, compared with checking the wall clock every quarter of an hour, in odd zones and on odd days."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from cases.core.wall_clock import WallClock
from cases.delivery import mail_hours

CHICAGO, TOKYO, LONDON = "America/Chicago", "Asia/Tokyo", "Europe/London"
BEGIN = dt.datetime(2011, 12, 1, tzinfo=dt.UTC)
QUARTER = dt.timedelta(minutes=15)
SOME_ZONES = [CHICAGO, TOKYO, LONDON, "Pacific/Apia", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"]
times_of_day = st.times(max_value=dt.time(23, 59)).map(lambda time: time.replace(second=0, microsecond=0))


@given(
    zone=st.sampled_from(SOME_ZONES),
    now=st.integers(0, 15 * 366 * 24 * 60).map(lambda minutes: BEGIN + dt.timedelta(minutes=minutes)),
    hours=st.tuples(times_of_day, times_of_day).filter(lambda hours: hours[0] < hours[1]),
)
def test_it_agrees_with_a_look_at_the_wall_clock(zone, now, hours):
    clock = WallClock(ZoneInfo(zone), hours[0])

    def is_open(moment) -> bool:
        return hours[0] <= clock.reached(moment).time() < hours[1]

    with override_settings(RELEASE_MAIL_HOURS=hours):
        found = mail_hours.next_opening(zone, now)
    if found is None:
        assert is_open(now)
        return
    assert is_open(found)
    assert not is_open(found - dt.timedelta(seconds=1))
    closed = [now + QUARTER * number for number in range(int((found - now) / QUARTER) + 1)]
    assert not any(is_open(moment) for moment in closed if moment < found)
    assert len(closed) <= 4 * 50, "at most a day that is skipped, and one with an hour more"
