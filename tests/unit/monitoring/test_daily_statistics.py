"""Daily figures: each number with a handful of releases, including at the edges of days."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from cases import releases
from cases.core import schedule
from cases.core.schedule import Schedule
from cases.models import Case, CaseEvent, FirstView, OutgoingEmail, ReleaseDay
from cases.monitoring import daily_statistics, latency_histogram
from cases.monitoring.prometheus import exposition
from tasks.monitoring import count_days
from tests.clocks import portals_today
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)
TODAY = dt.date(2025, 6, 11)
YESTERDAY = TODAY - DAY


@pytest.fixture(autouse=True)
def _few_days_are_kept(monkeypatch):
    monkeypatch.setattr(daily_statistics, "KEPT_DAYS", 9)


def utc(day: dt.date, clock_time: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock_time), tzinfo=dt.UTC)


def released(at, *, completed=None, scheduled=None, source="eta"):
    """Create a case that was released at that moment, as the verbs leave it."""
    day, time = scheduled or (None, None)
    batch = uuid.uuid4()
    case = CaseFactory(
        held=True,
        date_completed=completed,
        scheduled_release_date=day,
        scheduled_release_time=time,
        actual_release_date=at,
        release_number=1,
        release_batch=batch,
    )
    CaseEvent.objects.create(
        case=case,
        kind="released",
        at=at,
        source=source,
        system_actor="a test",
        from_date=day,
        from_time=time,
        to_date=day,
        to_time=time,
        schedule_revision=1,
        release_number=1,
        release_batch=batch,
    )
    return case


def counted(day=TODAY, now=None):
    daily_statistics.update(now or utc(TODAY, "12:00"), seconds=60)
    return ReleaseDay.objects.get(day=day)


def test_a_days_releases_are_counted_by_who_released_them():
    for source, number in {"eta": 3, "sweep": 2, "read": 1, "web": 2}.items():
        for _ in range(number):
            released(utc(TODAY, "09:00"), source=source)
    released(utc(YESTERDAY, "23:59:59"), source="command")

    assert counted().released == 8
    assert counted().released_by == {"eta": 3, "sweep": 2, "read": 1, "web": 2}
    assert counted(YESTERDAY).released_by == {"command": 1}


def test_the_average_delay_is_from_completion_to_release():
    released(utc(TODAY, "10:00"), completed=utc(TODAY, "10:00") - 2 * DAY)
    released(utc(TODAY, "10:00"), completed=utc(TODAY, "10:00") - 5 * DAY)
    released(utc(TODAY, "11:00"))  # it is unknown when it was completed
    released(utc(YESTERDAY, "10:00"), completed=utc(YESTERDAY, "10:00") - 8 * DAY)
    released(utc(YESTERDAY, "11:00"))

    assert counted().average_delay == 3.5 * DAY
    assert daily_statistics.period(7, utc(TODAY, "12:00")).average_delay == 5 * DAY
    assert ReleaseDay.objects.get(day=TODAY - 2 * DAY).average_delay is None


def test_lateness_is_that_of_releases_by_schedule():
    nine = (TODAY, dt.time(9))
    for seconds in [0.02, 0.02, 0.02, 4]:
        released(utc(TODAY, "09:00") + seconds * SECOND, scheduled=nine)
    released(utc(TODAY, "00:00") + 4 * SECOND, scheduled=(TODAY, None), source="sweep")
    # A release by a person is neither late nor early, and an immediate release had no instant.
    released(utc(TODAY, "11:00"), scheduled=nine, source="web")
    released(utc(TODAY, "11:00"), scheduled=(TODAY + DAY, None), source="api")
    released(utc(TODAY, "11:00"), source="web")

    counted()
    period = daily_statistics.period(7, utc(TODAY, "12:00"))

    assert 0.02 <= period.lateness(0.5) <= 0.022
    assert 4 <= period.lateness(0.95) <= 4.4
    assert daily_statistics.period(7, utc(TODAY - 30 * DAY, "12:00")).lateness(0.5) is None


@given(st.lists(st.floats(min_value=0, max_value=1e7), min_size=1), st.sampled_from([0.5, 0.95, 1]))
def test_a_percentile_is_at_most_a_tenth_too_high(values, share):
    histogram = latency_histogram.merge({str(latency_histogram.bucket_of(value)): 1} for value in values)

    exact = sorted(values)[max(0, -(-len(values) * int(share * 100) // 100) - 1)]

    assert (
        exact * 0.999999
        <= latency_histogram.percentile(histogram, share)
        <= max(exact * 1.1, latency_histogram.FIRST_BOUND) * 1.000001
    )


def test_pending_is_what_is_completed_and_not_released_at_the_end_of_the_day():
    noon = utc(YESTERDAY, "12:00")
    CaseFactory(scheduled=True, date_completed=noon)
    CaseFactory(held=True, date_completed=noon)
    CaseFactory(held=True, date_completed=utc(TODAY, "08:00"))
    CaseFactory(held=True, date_completed=None)  # pending today, but it is unknown since when
    released(utc(TODAY, "00:00:01"), completed=noon)
    released(utc(YESTERDAY, "13:00"), completed=noon)
    CaseFactory()

    assert counted().pending == 4
    assert counted(YESTERDAY).pending == 3
    assert counted(YESTERDAY - DAY).pending == 0


def test_emails_count_on_the_day_they_were_sent(clock, administrator):
    case = CaseFactory(held=True)
    releases.release_now(case=case, by=administrator, source="web", reason="a test")
    OutgoingEmail.objects.update(
        state="sent", sent=utc(YESTERDAY, "23:59"), group="00000000-0000-0000-0000-000000000001", message_id="<1@x>"
    )

    assert counted(YESTERDAY).mailed == 1
    assert counted().mailed == 0
    assert daily_statistics.period(7, utc(TODAY, "12:00")).mailed == 1


GROUP = {"group": "00000000-0000-0000-0000-000000000001", "message_id": "<1@x>"}
RESENT = {"state": "waiting", "sent": None}


@pytest.mark.parametrize("sent", [utc(TODAY, "00:00"), utc(TODAY, "11:00"), utc(YESTERDAY, "23:59")], ids=str)
@pytest.mark.parametrize("later", [{"state": "undeliverable"}, {"state": "dropped"}, RESENT], ids=str)
def test_emails_that_came_back_since_stay_sent(sent, later, clock, administrator):
    releases.release_now(case=CaseFactory(held=True), by=administrator, source="web", reason="a test")
    OutgoingEmail.objects.update(state="sent", sent=sent, **GROUP)
    evening = utc(sent.date(), "23:59:30")
    assert counted(sent.date(), evening).mailed == 1
    assert "portal_emails_sent_total 1.0" in exposition(evening).decode()
    OutgoingEmail.objects.update(**later)
    for now in (evening + 60 * SECOND, evening + DAY):
        assert counted(sent.date(), now).mailed == 1
        assert "portal_emails_sent_total 1.0" in exposition(now).decode()


def test_emails_are_counted_anew_in_another_zone(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    others = {"released": 0, "delay_cases": 0, "delay_seconds": 0, "pending": 0}
    ReleaseDay.objects.create(day=TODAY, zone="UTC", counted_at=utc(TODAY, "11:00"), mailed=5, **others)
    assert counted().mailed == 0


# --- First views ------------------------------------------------------------------------------------------------------


def seen(case, at, kind="page", number=1):
    FirstView.objects.create(case=case, release_number=number, kind=kind, at=at)


def test_the_time_to_the_first_view_counts_on_the_day_of_the_view():
    case, other, unseen = (released(utc(YESTERDAY, "10:00")) for _ in range(3))
    seen(case, utc(YESTERDAY, "10:05"))
    seen(other, utc(TODAY, "10:00"), kind="api")
    assert unseen.first_viewed_at is None

    today, yesterday = counted(), counted(YESTERDAY)
    period = daily_statistics.period(7, utc(TODAY, "12:00"))

    assert list(yesterday.first_view_delays.values()) == list(today.first_view_delays.values()) == [1]
    assert 300 <= period.first_view(0.5) <= 330
    assert 86400 <= period.first_view(0.95) <= 95040
    assert period.first_seen == 2


def test_a_release_is_first_seen_once_in_whichever_way():
    case = released(utc(YESTERDAY, "10:00"))
    seen(case, utc(YESTERDAY, "11:00"))
    seen(case, utc(TODAY, "11:00"), kind="document")
    seen(case, utc(TODAY, "11:30"), kind="api")

    assert counted().first_view_delays == {}
    assert sum(counted(YESTERDAY).first_view_delays.values()) == 1


def test_each_release_of_a_case_has_its_own_first_view():
    case = released(utc(TODAY, "08:00"))
    seen(case, utc(TODAY, "08:01"))
    CaseEvent.objects.create(
        case=case,
        kind="released",
        at=utc(TODAY, "09:00"),
        source="web",
        system_actor="a test",
        schedule_revision=1,
        release_number=2,
    )
    seen(case, utc(TODAY, "11:00"), number=2)

    assert len(counted().first_view_delays) == 2
    assert daily_statistics.period(7, utc(TODAY, "12:00")).first_view(0.95) >= 7200


def test_a_view_of_a_release_that_history_does_not_know_has_no_delay():
    seen(CaseFactory(held=True, actual_release_date=utc(TODAY, "09:00")), utc(TODAY, "10:00"), number=0)
    assert counted().first_view_delays == {}


# The zone, one of its days, and the day's length.
DAYS = {
    "an ordinary day": ("America/New_York", dt.date(2025, 6, 10), 24 * HOUR),
    "an hour is skipped": ("America/New_York", dt.date(2025, 3, 9), 23 * HOUR),
    "an hour comes twice": ("America/New_York", dt.date(2025, 11, 2), 25 * HOUR),
    "midnight itself is skipped": ("America/Havana", dt.date(2025, 3, 9), 23 * HOUR),
    "midnight comes twice": ("America/Havana", dt.date(2025, 11, 2), 25 * HOUR),
}


@pytest.mark.parametrize(("zone", "day", "length"), DAYS.values(), ids=DAYS.keys())
def test_days_are_the_portals_whatever_its_clock_does(settings, zone, day, length):
    settings.TIME_ZONE = zone
    begin = schedule.instant(day, dt.time.min)
    for at in [begin - SECOND, begin, begin + length / 2, begin + length - SECOND, begin + length]:
        released(at)

    daily_statistics.update(begin + length + 2 * DAY, seconds=60)

    found = {row.day: row.released for row in ReleaseDay.objects.filter(released__gt=0)}
    assert found == {day - DAY: 1, day: 3, day + DAY: 1}


def test_lateness_in_an_hour_that_comes_twice_is_against_its_first_showing(settings):
    settings.TIME_ZONE = "America/New_York"
    day = dt.date(2025, 11, 2)
    released(utc(day, "05:30:02"), scheduled=(day, dt.time(1, 30)))

    daily_statistics.update(utc(day, "12:00"), seconds=60)

    assert daily_statistics.period(7, utc(day, "12:00")).lateness(0.5) <= 2.2


def test_a_day_that_is_over_is_counted_once_more_and_then_never_again():
    evening, morning = utc(YESTERDAY, "23:59:30"), utc(TODAY, "00:00:30")
    daily_statistics.update(evening, seconds=60)
    released(utc(YESTERDAY, "23:59:45"))

    assert daily_statistics.update(morning, seconds=60) == 2  # today, and yesterday for the last time
    assert ReleaseDay.objects.get(day=YESTERDAY).released == 1
    assert (
        daily_statistics.update(morning + SECOND, seconds=60) == 0
    )  # by a second message that was waiting in the queue
    assert daily_statistics.update(morning + 60 * SECOND, seconds=60) == 1


def test_what_there_is_no_time_for_is_counted_the_next_time():
    now = utc(TODAY, "12:00")

    assert daily_statistics.update(now, seconds=0) == 1
    assert daily_statistics.period(7, now).uncounted == 6
    assert daily_statistics.update(now, seconds=60) == daily_statistics.KEPT_DAYS - 1
    assert daily_statistics.period(7, now).uncounted == 0


def test_figures_that_nobody_counts_any_more_say_so():
    now = utc(TODAY, "12:00")
    assert daily_statistics.period(7, now).is_stale
    daily_statistics.update(now, seconds=0)
    assert not daily_statistics.period(7, now + 300 * SECOND).is_stale
    assert daily_statistics.period(7, now + 301 * SECOND).is_stale


def test_in_another_zone_the_days_are_counted_anew(settings):
    released(utc(TODAY, "01:00"))
    now = utc(TODAY, "12:00")
    daily_statistics.update(now, seconds=60)

    settings.TIME_ZONE = "America/New_York"

    assert daily_statistics.period(7, now).uncounted == 7
    daily_statistics.update(now, seconds=60)
    assert daily_statistics.period(7, now).days[YESTERDAY].released == 1


def test_the_period_has_every_day_up_to_today_in_the_portals_zone(settings):
    settings.TIME_ZONE = "Pacific/Auckland"

    period = daily_statistics.period(7, utc(TODAY, "13:00"))

    assert list(period.days) == [TODAY + dt.timedelta(days=back) for back in range(-5, 2)]


def test_a_wave_is_read_as_one_row(clock):
    CaseFactory.create_batch(40, due=True)
    releases.release_due(by="a test", source="eta")

    rows = list(daily_statistics._releases(utc(TODAY, "00:00"), utc(TODAY, "23:00")))

    assert [row["cases"] for row in rows] == [40]


def test_a_long_period_is_one_statement(clock):
    assert count_days() == 9
    with CaptureQueriesContext(connection) as queries:
        assert daily_statistics.period(90, utc(TODAY, "12:00")).uncounted == 81
    assert len(queries) == 1


def test_the_verbs_and_the_figures_agree(clock, administrator, technician, member):
    """Through the verbs: completed now, released early, and by schedule."""
    now, early, later = (CaseFactory(member=member, assigned_to=technician) for _ in range(3))
    releases.complete(case=now, by=technician, source="web", release_on=None)
    week = Schedule(portals_today() + dt.timedelta(days=7))
    for case in (early, later):
        releases.complete(case=case, by=technician, source="web", release_on=week)
    clock.shift(DAY)
    releases.release_now(case=early, by=administrator, source="web", reason="a test")
    clock.move_to(week.instant + 3 * SECOND)
    releases.release_due(by="sweep", source="sweep")

    count_days()
    period = daily_statistics.period(30, week.instant + 4 * SECOND)

    assert period.released_by == {"web": 2, "sweep": 1}
    assert 3 <= period.lateness(0.95) <= 3.3
    assert period.average_delay == (DAY + (week.instant + 3 * SECOND - utc(TODAY, "12:00"))) / 3


# --- Rows that no verb wrote ------------------------------------------------------------------------------------------


def test_a_release_that_history_does_not_know_is_counted_as_not_recorded():
    """The owner's guide sets the field in a shell, and a load brings rows without their history."""
    released(utc(TODAY, "09:00"))
    CaseFactory(held=True, actual_release_date=utc(TODAY, "09:00"))
    CaseFactory.create_batch(
        2, held=True, actual_release_date=utc(TODAY, "10:00"), release_number=1, release_batch=uuid.uuid4()
    )
    CaseFactory(held=True, date_completed=None, actual_release_date=utc(YESTERDAY, "10:00"))

    assert (counted().released, counted().not_recorded) == (1, 3)
    assert (counted(YESTERDAY).released, counted(YESTERDAY).not_recorded) == (0, 1)
    assert daily_statistics.period(7, utc(TODAY, "12:00")).not_recorded == 4


def test_a_release_that_is_taken_back_still_took_place(clock):
    cases = CaseFactory.create_batch(3, due=True)
    releases.release_due(by="a test", source="eta")
    Case.objects.filter(pk=cases[0].pk).update(actual_release_date=None)
    Case.objects.filter(pk=cases[1].pk).update(actual_release_date=None, status="accepted", scheduled_release_date=None)

    row = counted(now=utc(TODAY, "12:00"))
    assert (row.released, row.released_by, row.not_recorded) == (3, {"eta": 3}, 0)


def test_a_part_of_a_batch_without_history_is_not_recorded(clock):
    cases = CaseFactory.create_batch(3, due=True)
    releases.release_due(by="a test", source="eta")
    cases[0].refresh_from_db()
    CaseFactory(held=True, actual_release_date=cases[0].actual_release_date, release_batch=cases[0].release_batch)

    row = counted(now=utc(TODAY, "12:00"))
    assert (row.released, row.not_recorded) == (3, 1)


def test_a_completion_after_the_release_has_no_delay():
    released(utc(TODAY, "10:00"), completed=utc(TODAY, "11:00"))
    released(utc(TODAY, "10:00"), completed=utc(TODAY, "08:00"))
    assert counted().average_delay == 2 * HOUR
