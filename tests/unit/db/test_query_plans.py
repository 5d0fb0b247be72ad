"""Cost follows what is due, not what is pending (docs/rules.md, 9): the plans of PostgreSQL with 200,000 pending cases.

The program itself runs, and then every SELECT that it sent is explained.
"""

import datetime as dt

import pytest
from django.db import connection

from cases import releases
from cases.delivery import celery_publisher
from cases.models import Case, User
from cases.releases import wakeups
from tests.plans import Plans
from tests.truncation import truncate

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

TODAY = dt.date(2025, 6, 11)
MEMBERS = 1000

# Of every five cases two are scheduled over the next year, one for today between 18:00 and 23:00, one for today without
# a time, and one was released last year. Half of the released ones belong to one member. Ten cases of each minute are
# armed, and ninety of those without a time. The released ones matter, because they show the planner's statistics that
# past schedules are common.
FILL = """
INSERT INTO cases_case (external_case_id, member_id, status, urgency, title, description, date_created,
    scheduled_release_date, scheduled_release_time, actual_release_date, schedule_revision, armed_revision,
    release_number, release_error, release_attempts)
SELECT 'P-' || n, CASE WHEN n %% 10 = 4 THEN %(first)s ELSE %(first)s + 1 + n %% %(others)s END,
    'completed', 'normal', '', '', now(),
    CASE n %% 5 WHEN 2 THEN date %(today)s WHEN 3 THEN date %(today)s
        WHEN 4 THEN date %(today)s - 400 + n %% 365 ELSE date %(today)s + 1 + n %% 365 END,
    CASE n %% 5 WHEN 0 THEN time '00:00' + (n %% 1440) * interval '1 minute'
        WHEN 2 THEN time '18:00' + (n / 5 %% 300) * interval '1 minute' END,
    CASE n %% 5 WHEN 4 THEN timestamptz '2024-12-01' END,
    1, CASE WHEN n < 450 OR (n < 15000 AND n %% 5 = 2) THEN 1 END, CASE n %% 5 WHEN 4 THEN 1 ELSE 0 END, '', 0
FROM generate_series(1, %(cases)s) AS n
"""


@pytest.fixture(scope="module", autouse=True)
def many_cases(request, django_db_setup, django_db_blocker):
    """250,000 cases, or the module's number, of 1,000 members, both analyzed. They are deleted after the module's
    tests."""
    if connection.vendor != "postgresql":
        yield
        return
    with django_db_blocker.unblock():
        try:
            people = User.objects.bulk_create(User(username=f"member-{n}") for n in range(MEMBERS))
            with connection.cursor() as cursor:
                count = getattr(request.module, "CASES", 250_000)
                cursor.execute(FILL, {"first": people[0].pk, "others": MEMBERS - 1, "today": TODAY, "cases": count})
                cursor.execute("ANALYZE cases_case, cases_user")
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(truncate("cases_case", "cases_user"))


@pytest.fixture
def some_member() -> User:
    """One of many."""
    return User.objects.get(username="member-7")


@pytest.fixture
def busy_member() -> User:
    """The one with a tenth of all cases, all of them released."""
    return User.objects.get(username="member-0")


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr(celery_publisher, "publish_wake_up", lambda **_: False)


def at(clock_time: str) -> dt.datetime:
    return dt.datetime.combine(TODAY, dt.time.fromisoformat(clock_time), tzinfo=dt.UTC)


# RELEASE_TIME_OF_DAY and the moment, with nothing due at any of them and 100,000 waiting for later that day.
NOTHING_DUE = {
    "noon, the default time is in the evening": ("23:00", at("12:00")),
    "a minute before the evening's first": ("23:00", at("17:59:30") - dt.timedelta(seconds=31)),
    "the last second of yesterday": ("00:00", at("00:00") - dt.timedelta(seconds=1)),
}
nothing_due = pytest.mark.parametrize(("default", "now"), NOTHING_DUE.values(), ids=NOTHING_DUE.keys())


@nothing_due
def test_a_sweep_with_nothing_due_is_a_probe_of_the_index(settings, default, now):
    settings.RELEASE_TIME_OF_DAY = dt.time.fromisoformat(default)

    plans = Plans(lambda: releases.release_due(by="test", source="sweep", now=now))

    assert len(plans.statements) == 1
    assert plans.whole_table == []
    assert plans.indexes <= {"case_ready", "cases_case_pkey"}
    assert "case_ready" in plans.indexes
    assert plans.rows_touched == 0


@nothing_due
@pytest.mark.parametrize("who", ["some_member", "busy_member"])
def test_a_members_look_with_nothing_due_is_a_probe_of_the_index(settings, clock, request, default, now, who):
    settings.RELEASE_TIME_OF_DAY = dt.time.fromisoformat(default)
    clock.move_to(now)
    member = request.getfixturevalue(who)

    plans = Plans(lambda: releases.release_due_of(member))

    # The earliest schedule, and on that day also whether its time has come.
    assert len(plans.statements) <= 2
    assert plans.whole_table == []
    assert plans.indexes <= {"case_member_due", "cases_case_pkey"}
    assert "case_member_due" in plans.indexes
    # One row, seen by the index scan and by the SELECT around it.
    assert plans.rows_touched <= 2


@pytest.mark.parametrize(
    ("default", "now", "due"),
    [("23:00", at("18:10"), 1837), ("00:00", at("00:00"), 50_000), ("12:00", at("18:10"), 51_837)],
    ids=["times of the evening", "the wave of midnight", "both"],
)
def test_a_batch_reads_no_more_than_it_releases(settings, default, now, due):
    settings.RELEASE_TIME_OF_DAY = dt.time.fromisoformat(default)
    assert Case.objects.due(now).count() == due
    batches = releases.release_batches(by="test", source="sweep", now=now, batch_size=500)

    plans = Plans(lambda: next(batches))

    batches.close()
    assert plans.whole_table == []
    assert "case_ready" in plans.indexes
    # The probe, the 500 that were locked, and the same number again, because the explained statements ran before.
    assert plans.rows_touched < 1600


@pytest.mark.parametrize(
    ("default", "now", "slots"),
    [("23:30", at("12:00"), 0), ("23:30", at("17:59:30"), 1), ("18:00", at("17:59:30"), 2)],
    ids=["nothing near", "a minute of the evening", "with the wave of the default time"],
)
def test_the_look_ahead_follows_the_slots_not_the_cases(settings, default, now, slots):
    settings.RELEASE_TIME_OF_DAY = dt.time.fromisoformat(default)

    plans = Plans(lambda: wakeups.arm_upcoming(now))

    assert len(plans.statements) <= 2
    assert plans.whole_table == []
    assert plans.indexes == {"case_due"}
    # For each slot, and for the look after the last one: the row by which it is found, the slot itself twice, and its
    # wake-ups.
    assert plans.rows_touched <= (slots + 1) * (3 + settings.RELEASE_ETA_PER_INSTANT)


def test_the_place_in_a_slot_is_found_among_the_armed(settings, clock):
    """Fifty thousand have the default time, and ninety of them are armed."""
    settings.RELEASE_TIME_OF_DAY = dt.time(18)
    clock.move_to(at("17:00"))
    case = Case.objects.filter(scheduled_release_date=TODAY, scheduled_release_time=None).earliest("pk")

    plans = Plans(lambda: wakeups._arm_near([case]))

    assert plans.whole_table == []
    assert plans.indexes == {"case_armed"}
    assert plans.rows_touched <= 200
