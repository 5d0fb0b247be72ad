"""Which cases get an ETA task, and when: near ones immediately, the rest through the sweep's look-ahead
(docs/releases.md)."""

import datetime as dt
from collections import Counter
from types import SimpleNamespace

import hypothesis
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisConnectionError

from cases import releases
from cases.core.clock import portal_now
from cases.core.schedule import Schedule
from cases.delivery import celery_publisher
from cases.models import Case
from cases.releases import wakeups
from cases.releases.wakeup_slots import Slot, first_of_each_slot
from portal.celery import app
from tests.clocks import portals_today
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

TODAY = FROZEN.date()
SECOND = dt.timedelta(seconds=1)


def in_a_week() -> Schedule:
    return Schedule(portals_today() + dt.timedelta(days=7))


class Broker:
    """Stands in for Celery: stores what is published, or raises `error`."""

    def __init__(self):
        self.sent = []
        self.error = None
        self.meanwhile = lambda: None
        self.asked = 0

    def send_task(self, name, **options):
        self.asked += 1
        if self.error:
            raise self.error
        self.meanwhile()
        self.sent.append(SimpleNamespace(name=name, **options))

    @property
    def wake_ups(self):
        return [message for message in self.sent if message.name == "tasks.releases.release_case"]

    @property
    def armed(self):
        """Return the ids of the cases whose wake-up was published."""
        return [message.args[0] for message in self.wake_ups]


@pytest.fixture
def broker(monkeypatch, clock) -> Broker:
    broker = Broker()
    monkeypatch.setattr(celery_publisher, "app", broker)
    return broker


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """A context whose end is a commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def scheduled_at(date, time=None, **columns) -> Case:
    """A case that was scheduled without the verbs: nothing is published yet."""
    return CaseFactory(
        scheduled=True,
        scheduled_release_date=date,
        scheduled_release_time=time and dt.time.fromisoformat(time),
        **columns,
    )


def armed_revision(case):
    return Case.objects.values_list("armed_revision", flat=True).get(pk=case.pk)


# --- At once ----------------------------------------------------------------------------------------------------------


def test_scheduling_publishes_the_wake_up_after_the_commit(broker, commit, technician):
    with commit():
        case = releases.complete(
            case=CaseFactory(assigned_to=technician),
            by=technician,
            source="web",
            release_on=Schedule(TODAY + dt.timedelta(days=7)),
        )
        assert broker.sent == []

    (wake_up,) = broker.sent
    assert wake_up.name == "tasks.releases.release_case"
    assert wake_up.args == [case.pk, 1]
    assert wake_up.eta == dt.datetime(2025, 6, 18, tzinfo=dt.UTC)
    assert wake_up.task_id == f"release-{case.pk}-1"
    assert armed_revision(case) == 1


def test_what_is_rolled_back_publishes_nothing(broker, commit, technician):
    case = CaseFactory(assigned_to=technician)
    with commit(), transaction.atomic():
        releases.complete(case=case, by=technician, source="web", release_on=in_a_week())
        transaction.set_rollback(True)
    assert broker.sent == []


@pytest.mark.parametrize(
    ("distance", "armed"),
    [(dt.timedelta(days=8), True), (dt.timedelta(days=8, seconds=1), False), (dt.timedelta(days=300), False)],
    ids=["at the end of the window", "a second beyond", "far away"],
)
def test_only_what_lies_within_the_window_is_armed_at_once(broker, commit, administrator, distance, armed):
    at = FROZEN + distance
    with commit():
        case = releases.complete(
            case=CaseFactory(), by=administrator, source="web", release_on=Schedule(at.date(), at.time()), reason="so"
        )
    assert broker.armed == ([case.pk] if armed else [])
    assert armed_revision(case) == (1 if armed else None)


def test_of_one_instant_only_so_many_are_armed(settings, broker, commit, technician):
    """With and without the default time: the instant is the same."""
    settings.RELEASE_ETA_PER_INSTANT = 2
    settings.RELEASE_TIME_OF_DAY = dt.time(9)
    day = TODAY + dt.timedelta(days=7)
    with commit():
        cases = [
            releases.complete(
                case=CaseFactory(assigned_to=technician), by=technician, source="web", release_on=Schedule(day, time)
            )
            for time in (dt.time(9), None)
        ]
    for time in (dt.time(9), None):
        with commit():
            releases.complete(
                case=CaseFactory(assigned_to=technician), by=technician, source="web", release_on=Schedule(day, time)
            )
    assert broker.armed == [case.pk for case in cases]

    with commit():
        other = releases.complete(
            case=CaseFactory(assigned_to=technician),
            by=technician,
            source="web",
            release_on=Schedule(day, dt.time(9, 1)),
        )
    assert broker.armed[2:] == [other.pk], "another instant has places of its own"


def test_rescheduling_arms_the_new_revision_and_frees_the_place(settings, broker, commit, technician):
    settings.RELEASE_ETA_PER_INSTANT = 1
    week, later = Schedule(TODAY + dt.timedelta(days=7)), Schedule(TODAY + dt.timedelta(days=7), dt.time(10))
    with commit():
        first = releases.complete(
            case=CaseFactory(assigned_to=technician), by=technician, source="web", release_on=week
        )
    with commit():
        releases.schedule(case=first, by=technician, source="web", release_on=later)
    with commit():
        second = releases.complete(
            case=CaseFactory(assigned_to=technician), by=technician, source="web", release_on=week
        )

    assert [message.task_id for message in broker.sent] == [
        f"release-{first.pk}-1", f"release-{first.pk}-2", f"release-{second.pk}-1",
    ]  # fmt: skip
    assert armed_revision(first) == 2


def test_releasing_tells_the_mail_workers(broker, commit, technician):
    with commit():
        releases.complete(case=CaseFactory(assigned_to=technician), by=technician, source="web", release_on=None)
    assert [message.name for message in broker.sent] == ["tasks.emails.send_release_emails"]


def test_armed_is_recorded_only_for_the_revision_that_was_published(broker):
    case = scheduled_at(TODAY, "12:00:30")
    broker.meanwhile = lambda: Case.objects.update(schedule_revision=2, scheduled_release_date=dt.date(2025, 7, 1))
    wakeups.arm_upcoming(FROZEN)
    assert broker.armed == [case.pk]
    assert armed_revision(case) is None


# --- The look-ahead ---------------------------------------------------------------------------------------------------

LOOK_AHEAD = [
    # zone, RELEASE_TIME_OF_DAY, now (UTC), schedule → its instant (UTC) if it is armed
    ("UTC", "00:00", "2025-06-11 12:00", "2025-06-11 12:01:00", "2025-06-11 12:01"),
    ("UTC", "00:00", "2025-06-11 12:00", "2025-06-11 12:00:01", "2025-06-11 12:00:01"),
    ("UTC", "00:00", "2025-06-11 12:00", "2025-06-11 12:00:00", None),
    ("UTC", "00:00", "2025-06-11 12:00", "2025-06-11 11:00:00", None),
    ("UTC", "00:00", "2025-06-11 12:00", "2025-06-11 12:01:01", None),
    ("UTC", "00:00", "2025-06-11 12:00", "2025-06-12 12:00:30", None),
    ("UTC", "00:00", "2025-06-11 12:00", "2025-06-11", None),
    ("UTC", "00:00", "2025-06-11 23:59:30", "2025-06-12", "2025-06-12 00:00"),
    ("UTC", "00:00", "2025-06-11 23:59:30", "2025-06-12 00:00:30", "2025-06-12 00:00:30"),
    ("UTC", "00:00", "2025-06-11 23:59:30", "2025-06-11 23:59:59", "2025-06-11 23:59:59"),
    ("UTC", "00:00", "2025-06-11 23:58:59", "2025-06-12", None),
    ("UTC", "09:30", "2025-06-11 09:29:30", "2025-06-11", "2025-06-11 09:30"),
    ("UTC", "09:30", "2025-06-11 09:30:00", "2025-06-11", None),
    ("America/Los_Angeles", "00:00", "2025-06-11 06:59:30", "2025-06-11", "2025-06-11 07:00"),
    ("Europe/Berlin", "00:00", "2025-03-30 00:59:30", "2025-03-30 02:30", "2025-03-30 01:00"),
    ("Europe/Berlin", "02:30", "2025-03-30 00:59:30", "2025-03-30", "2025-03-30 01:00"),
    ("Europe/Berlin", "00:00", "2025-10-26 00:29:30", "2025-10-26 02:30", "2025-10-26 00:30"),
    ("Europe/Berlin", "00:00", "2025-10-26 01:29:30", "2025-10-26 02:30", None),
    ("Africa/Cairo", "00:00", "2025-04-24 21:59:30", "2025-04-25", "2025-04-24 22:00"),
    ("Pacific/Apia", "00:00", "2011-12-30 09:59:30", "2011-12-30 15:00", "2011-12-30 10:00"),
    ("Pacific/Apia", "00:00", "2011-12-30 09:59:30", "2011-12-31", "2011-12-30 10:00"),
]


@pytest.mark.parametrize(
    ("zone", "default", "now", "wanted", "eta"),
    LOOK_AHEAD,
    ids=[f"{c[0]} {c[1]} {c[2]} for {c[3]}" for c in LOOK_AHEAD],
)
def test_the_look_ahead_arms_what_is_reached_within_a_minute(settings, broker, clock, zone, default, now, wanted, eta):
    settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY = zone, dt.time.fromisoformat(default)
    now = dt.datetime.fromisoformat(now).replace(tzinfo=dt.UTC)
    clock.move_to(now)
    date, _, time = wanted.partition(" ")
    case = scheduled_at(dt.date.fromisoformat(date), time or None)

    assert wakeups.arm_upcoming(now) == (1 if eta else 0)

    assert broker.armed == ([case.pk] if eta else [])
    if eta:
        assert broker.sent[0].eta == dt.datetime.fromisoformat(eta).replace(tzinfo=dt.UTC)
        assert armed_revision(case) == 1
        assert wakeups.arm_upcoming(now) == 0, "what is armed is not armed again"


@pytest.mark.parametrize("state", ["released", "returned", "held"])
def test_the_look_ahead_leaves_what_does_not_wait(broker, state):
    case = scheduled_at(TODAY, "12:00:30")
    columns = {
        "released": {"actual_release_date": FROZEN},
        "returned": {"status": "accepted", "scheduled_release_date": None, "scheduled_release_time": None},
        "held": {"scheduled_release_date": None, "scheduled_release_time": None},
    }[state]
    Case.objects.filter(pk=case.pk).update(**columns)
    assert wakeups.arm_upcoming(FROZEN) == 0
    assert broker.sent == []


def test_what_was_armed_for_an_older_schedule_is_armed_again(broker):
    case = scheduled_at(TODAY, "12:00:30", armed_revision=1)
    Case.objects.update(schedule_revision=2)
    wakeups.arm_upcoming(FROZEN)
    assert [message.args for message in broker.wake_ups] == [[case.pk, 2]]


def test_the_look_ahead_arms_each_instant_up_to_its_number(settings, broker):
    settings.RELEASE_ETA_PER_INSTANT = 2
    wave = [scheduled_at(TODAY, "12:00:30") for _ in range(4)]
    armed = scheduled_at(TODAY, "12:00:45", armed_revision=1)
    unarmed = [scheduled_at(TODAY, "12:00:45") for _ in range(3)]

    assert wakeups.arm_upcoming(FROZEN) == 4

    assert broker.armed == [wave[0].pk, wave[1].pk, armed.pk, unarmed[0].pk]
    assert wakeups.arm_upcoming(FROZEN) == 0


def test_the_look_ahead_announces_once_more_what_is_armed_whatever_its_worker_has_come_to(
    broker, commit, administrator, clock
):
    """The message published when the case was scheduled was lost with a killed worker."""
    with commit():
        case = releases.complete(
            case=CaseFactory(),
            by=administrator,
            source="web",
            release_on=Schedule(TODAY, dt.time(12, 0, 5)),
            reason="so",
        )
    for _ in range(3):
        wakeups.arm_upcoming(portal_now())
        clock.shift(SECOND)
    assert [(message.task_id, message.eta) for message in broker.wake_ups] == 2 * [
        (f"release-{case.pk}-1", FROZEN + 5 * SECOND)
    ]

    with commit():
        releases.schedule(
            case=case, by=administrator, source="web", release_on=Schedule(TODAY, dt.time(12, 0, 9)), reason="so"
        )
    wakeups.arm_upcoming(portal_now())
    assert [message.task_id for message in broker.wake_ups][2:] == 2 * [f"release-{case.pk}-2"]


def test_no_wake_ups_at_all_where_the_number_is_nought(settings, broker, commit, technician):
    settings.RELEASE_ETA_PER_INSTANT = 0
    scheduled_at(TODAY, "12:00:30")
    with commit():
        releases.complete(
            case=CaseFactory(assigned_to=technician),
            by=technician,
            source="web",
            release_on=in_a_week(),
        )
    wakeups.arm_upcoming(FROZEN)
    assert broker.sent == []


# --- Slots ------------------------------------------------------------------------------------------------------------


def seconds_past_noon(broker) -> list[float]:
    return [(message.eta - FROZEN).total_seconds() for message in broker.wake_ups]


SLOTS = [
    # RELEASE_ETA_PER_INSTANT, times after noon → when the wake-ups come
    (4, [30.0], [30.0]),
    (4, [30.01], [30.01]),
    (4, [30.01, 30.02], [30.01, 30.05]),
    (4, [30.01, 30.02, 30.03, 30.04, 30.045, 30.049], [30.01, 30.05, 30.05, 30.05]),
    (2, [30.01, 30.05, 30.050001, 30.1, 30.1], [30.01, 30.05, 30.050001, 30.1]),
    (1, [30.01], [30.05]),
    (1, [30.0, 30.0], [30.0]),
    (3, [30.0, 30.0, 30.0, 30.0], [30.0, 30.0, 30.0]),
]


@pytest.mark.parametrize("by", ["the look-ahead", "scheduling"])
@pytest.mark.parametrize(("number", "times", "expected"), SLOTS)
def test_few_wake_ups_serve_all_cases_of_a_slot(settings, broker, commit, administrator, by, number, times, expected):
    settings.RELEASE_ETA_PER_INSTANT = number
    for time in times:
        at = FROZEN + time * SECOND
        if by == "scheduling":
            with commit():
                releases.complete(
                    case=CaseFactory(),
                    by=administrator,
                    source="web",
                    release_on=Schedule(at.date(), at.time()),
                    reason="so",
                )
        else:
            scheduled_at(at.date(), at.time().isoformat())
    if by == "the look-ahead":
        assert wakeups.arm_upcoming(FROZEN) == len(expected)
    assert seconds_past_noon(broker) == expected


@pytest.mark.parametrize("by", ["the look-ahead", "scheduling"])
def test_the_first_and_the_last_slot_of_a_day(broker, commit, administrator, clock, by):
    midnight = dt.datetime(2025, 6, 12, tzinfo=dt.UTC)
    clock.move_to(midnight - 30 * SECOND)
    schedules = [(TODAY, "23:59:59.960000"), (TODAY, "23:59:59.999999"), (midnight.date(), None)]
    schedules += [(midnight.date(), "00:00"), (midnight.date(), "00:00:00.000001"), (midnight.date(), "00:00:00.02")]
    for date, time in schedules:
        if by == "scheduling":
            release_on = Schedule(date, time and dt.time.fromisoformat(time))
            with commit():
                releases.complete(
                    case=CaseFactory(), by=administrator, source="web", release_on=release_on, reason="so"
                )
        else:
            scheduled_at(date, time)
    if by == "the look-ahead":
        wakeups.arm_upcoming(portal_now())
    etas = [round((message.eta - midnight).total_seconds(), 6) for message in broker.wake_ups]
    assert etas == [-0.04, -0.000001, 0, 0, 0.000001, 0.05]


def test_an_hour_of_slots_that_the_clock_skips_has_one_instant_and_its_number(settings, broker, clock):
    settings.TIME_ZONE, settings.RELEASE_ETA_PER_INSTANT = "Europe/Berlin", 3
    now = dt.datetime(2025, 3, 30, 0, 59, 30, tzinfo=dt.UTC)
    clock.move_to(now)
    for minute in range(10):
        scheduled_at(dt.date(2025, 3, 30), f"02:{minute:02}")
    assert wakeups.arm_upcoming(now) == 3
    assert {message.eta for message in broker.wake_ups} == {now + 30 * SECOND}


def test_the_look_ahead_costs_as_many_statements_for_many_slots_as_for_one(broker):
    def statements(first, count):
        for number in range(first, first + count):
            at = FROZEN + (1 + 0.1 * number) * SECOND
            scheduled_at(TODAY, at.time().isoformat())
        with CaptureQueriesContext(connection) as queries:
            assert wakeups.arm_upcoming(FROZEN) == count
        return len(queries)

    assert statements(0, 1) == statements(1, 40)


@given(
    times=st.lists(st.integers(0, 400_000) | st.sampled_from([0, 1, 50_000, 50_001, 100_000, 399_999]), max_size=25),
    begin=st.integers(0, 60_000),
    limit=st.integers(1, 4),
    edge=st.sampled_from(["12:00:00", "23:59:59.800000"]),
)
@hypothesis.settings(
    max_examples=60, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_the_first_cases_of_each_slot_are_those_that_counting_finds(times, begin, limit, edge, member):
    Case.objects.all().delete()
    edge = dt.datetime.combine(TODAY, dt.time.fromisoformat(edge))
    moments = [edge + dt.timedelta(microseconds=offset) for offset in times]
    Case.objects.bulk_create(
        CaseFactory.build(
            scheduled=True,
            member=member,
            assigned_to=None,
            scheduled_release_date=at.date(),
            scheduled_release_time=at.time(),
        )
        for at in moments
    )
    first, last = edge + dt.timedelta(microseconds=begin), edge + dt.timedelta(microseconds=300_000)

    expected = []
    slots = Counter()
    for at in sorted(at for at in moments if first <= at <= last):
        slot = Slot.at(at.date(), at.time())
        slots[slot] += 1
        if slots[slot] <= limit:
            expected.append(at)
    found = first_of_each_slot(begin=first, end=last, limit=limit)
    # The part of the last slot that lies beyond the end also belongs to it.
    found = [dt.datetime.combine(case.scheduled_release_date, case.scheduled_release_time) for case in found]
    assert [at for at in found if at <= last] == expected


# --- Wake-ups that came early -----------------------------------------------------------------------------------------


def test_an_early_wake_up_is_published_anew_for_the_present_revision_alone(broker):
    case = scheduled_at(TODAY, "13:00", schedule_revision=3, armed_revision=3)
    assert not wakeups.arm_again(case_id=case.pk, revision=2)
    assert not wakeups.arm_again(case_id=case.pk, revision=4)
    assert broker.sent == []
    assert wakeups.arm_again(case_id=case.pk, revision=3)
    (wake_up,) = broker.sent
    assert (wake_up.args, wake_up.task_id) == ([case.pk, 3], f"release-{case.pk}-3")
    assert wake_up.eta == FROZEN + dt.timedelta(hours=1)


@pytest.mark.parametrize("state", ["due", "held", "released", "gone"])
def test_nothing_is_published_anew_for_what_does_not_wait(broker, state):
    case_id = 0 if state == "gone" else CaseFactory(**{state: True}, schedule_revision=1).pk
    assert not wakeups.arm_again(case_id=case_id, revision=1)
    assert broker.sent == []


# --- A broker that is down --------------------------------------------------------------------------------------------

FAILURES = [BrokerError("refused"), RedisConnectionError("gone"), ConnectionRefusedError(), TimeoutError()]


@pytest.mark.parametrize("error", FAILURES, ids=[type(error).__name__ for error in FAILURES])
def test_scheduling_succeeds_and_the_case_is_not_taken_for_armed(broker, commit, technician, error):
    broker.error = error
    with commit():
        case = releases.complete(
            case=CaseFactory(assigned_to=technician),
            by=technician,
            source="web",
            release_on=in_a_week(),
        )
    case.refresh_from_db()
    assert case.is_pending
    assert case.armed_revision is None


def test_after_a_failure_nothing_is_tried_for_some_seconds(broker, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(celery_publisher, "time", SimpleNamespace(monotonic=lambda: now[0]))
    broker.error = BrokerError("refused")
    assert not celery_publisher.publish_mail_waiting()
    assert broker.asked == 1

    broker.error = None
    now[0] += celery_publisher.PAUSE_AFTER_FAILURE - 0.1
    assert not celery_publisher.publish_mail_waiting()
    assert broker.asked == 1, "not even tried"

    now[0] += 0.2
    assert celery_publisher.publish_mail_waiting()
    assert broker.asked == 2


def test_the_look_ahead_arms_what_the_broker_did_not_take(broker, monkeypatch):
    case = scheduled_at(TODAY, "12:00:30")
    broker.error = BrokerError("refused")
    assert wakeups.arm_upcoming(FROZEN) == 0
    assert armed_revision(case) is None

    broker.error = None
    monkeypatch.setattr(celery_publisher, "_silent_until", 0.0)
    assert wakeups.arm_upcoming(FROZEN) == 1
    assert armed_revision(case) == 1


def test_wake_ups_reach_the_real_broker(clock):
    """Redis itself: the message is in the queue for releases, with its id."""
    with app.connection_for_read() as to_redis:
        queue = to_redis.SimpleQueue("releases")
        queue.clear()
        assert celery_publisher.publish_wake_up(case_id=7, revision=2, at=FROZEN)
        message = queue.get(timeout=2)
        message.ack()
        queue.close()
    assert message.headers["id"] == "release-7-2"
    assert message.headers["eta"] == FROZEN.isoformat()
    assert message.payload[0] == [7, 2]


@pytest.mark.django_db(transaction=True)
def test_whatever_goes_wrong_with_publishing_fails_no_request(technician, member, monkeypatch, caplog):
    """Also for unexpected errors: the case is scheduled, the error is logged, and the sweep arms the case."""

    def broken(*arguments, **options):
        raise RuntimeError("pool is closed")

    monkeypatch.setattr(celery_publisher.app, "send_task", broken)
    case = CaseFactory(member=member, assigned_to=technician)
    done = releases.complete(case=case, by=technician, source="web", release_on=in_a_week())
    assert done.is_pending
    assert "pool is closed" in caplog.text


# --- When it was armed ------------------------------------------------------------------------------------------------


def armed_at(case):
    return Case.objects.values_list("armed_at", flat=True).get(pk=case.pk)


def test_the_moment_of_arming_is_recorded_and_kept(broker, commit, technician, clock):
    with commit():
        case = releases.complete(
            case=CaseFactory(assigned_to=technician),
            by=technician,
            source="web",
            release_on=Schedule(TODAY + dt.timedelta(days=7)),
        )
    assert armed_at(case) == FROZEN
    clock.move_to(dt.datetime(2025, 6, 17, 23, 59, 30, tzinfo=dt.UTC))
    assert wakeups.arm_upcoming(portal_now()) == 1
    assert armed_at(case) == FROZEN, "it is announced once more, and was armed then"


def test_the_look_ahead_records_when_it_armed(broker):
    case = scheduled_at(TODAY, "12:00:30")
    wakeups.arm_upcoming(FROZEN)
    assert armed_at(case) == FROZEN


def test_another_schedule_is_armed_anew(broker, commit, technician, clock):
    with commit():
        case = releases.complete(
            case=CaseFactory(assigned_to=technician), by=technician, source="web", release_on=in_a_week()
        )
    clock.shift(dt.timedelta(hours=1))
    with commit():
        releases.schedule(
            case=case, by=technician, source="web", release_on=Schedule(TODAY + dt.timedelta(days=8), dt.time(9))
        )
    assert armed_at(case) == FROZEN + dt.timedelta(hours=1)
