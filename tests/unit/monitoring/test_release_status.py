"""The present state: each number with a handful of rows, and what is said if something is wrong."""

import datetime as dt

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from cases import releases
from cases.delivery import outbox
from cases.delivery.results import DeliveryResult, Outcome
from cases.models import Case, Heartbeat, OutgoingEmail
from cases.monitoring.heartbeats import scheduler_health
from cases.monitoring.outbox_status import outbox_status
from cases.monitoring.release_status import release_status
from cases.releases import wakeups
from cases.selectors.pagination import MAX_COUNTED, CappedCount
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)
TODAY = FROZEN.date()


@pytest.fixture(autouse=True)
def _noon(clock):
    """It is noon of TODAY."""


def at(moment, **fields):
    """Create a case scheduled for that moment of TODAY."""
    return CaseFactory(
        scheduled=True, scheduled_release_date=moment.date(), scheduled_release_time=moment.time(), **fields
    )


def seen(**options):
    return release_status(Case.objects.all(), FROZEN, **options)


def test_with_nothing_wrong_there_is_nothing_to_say():
    CaseFactory(scheduled=True)
    CaseFactory(held=True)
    CaseFactory(released=True)

    now = seen()

    assert (now.due.number, now.held.number, now.failing_count.number, now.upcoming) == (0, 1, 0, [])
    assert now.problems == []


def test_what_is_due_and_not_released_is_told_with_its_instant():
    CaseFactory(due=True)
    at(FROZEN - 5 * MINUTE)
    at(FROZEN)
    at(FROZEN + 5 * MINUTE)

    now = seen()

    assert now.due.number == 3
    assert now.due_since == dt.datetime(2025, 6, 10, tzinfo=dt.UTC)
    assert [problem.text for problem in now.problems] == ["3 cases are overdue for release."]


def test_a_failing_release_is_listed_and_not_called_due():
    case = CaseFactory(due=True)
    Case.objects.update(release_error="no", release_attempts=2, release_next_try=FROZEN + 30 * SECOND)

    now = seen()

    (row,) = now.failing
    assert row.case == case
    assert [reason.text for reason in row.verdict.reasons] == ["The release failed 2 times"]
    assert now.due.number == 0
    assert [problem.text for problem in now.problems] == ["1 case can't be released."]


def test_the_next_minute_is_compared_with_the_eta_tasks():
    for armed in (1, None, None):
        at(FROZEN + 40 * SECOND, armed_revision=armed)
    at(FROZEN + 30 * SECOND)
    at(FROZEN + 30 * SECOND, armed_revision=0)  # for an earlier schedule
    at(FROZEN + 3 * MINUTE, armed_revision=1)

    now = seen()

    slots = [(slot.at - FROZEN, slot.cases.number, slot.armed.number) for slot in now.upcoming]
    assert slots == [(30 * SECOND, 2, 0), (40 * SECOND, 3, 1)]
    assert [slot.at for slot in now.unarmed] == [FROZEN + 30 * SECOND]
    assert now.armed.number == 2
    assert [problem.text for problem in now.problems] == ["Some releases in the next minute may be a few seconds late."]


def test_what_the_sweep_is_still_to_arm_is_no_problem(monkeypatch):
    at(FROZEN + 55 * SECOND)
    assert seen().unarmed == []

    monkeypatch.setattr("cases.delivery.celery_publisher.publish_wake_up", lambda **_: True)
    wakeups.arm_upcoming(FROZEN)

    assert [slot.armed.number for slot in seen().upcoming] == [1]


def test_without_eta_tasks_by_choice_nothing_is_missed(settings):
    settings.RELEASE_ETA_PER_INSTANT = 0
    at(FROZEN + 5 * SECOND)
    assert seen().problems == []


def test_what_is_served_by_another_of_its_slot_is_not_missed():
    """They are all released by the end of their slot."""
    at(FROZEN + 5.01 * SECOND, armed_revision=1)
    at(FROZEN + 5.03 * SECOND)
    (slot,) = seen().upcoming
    assert (slot.cases.number, slot.armed.number) == (2, 1)
    assert seen().problems == []


def test_schedules_with_and_without_a_time_share_their_instant(settings):
    settings.RELEASE_TIME_OF_DAY = dt.time(12, 0, 30)
    CaseFactory(scheduled=True, scheduled_release_date=TODAY)
    at(FROZEN + 30 * SECOND, armed_revision=1)

    (slot,) = seen().upcoming

    assert (slot.cases.number, slot.armed.number) == (2, 1)


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (MAX_COUNTED, "1,000"), (MAX_COUNTED + 1, "1,000+")])
def test_counts_are_capped(number, text):
    assert str(CappedCount(number)) == text


def test_emails_are_told_by_what_becomes_of_them(member):
    CaseFactory.create_batch(6, due=True)
    CaseFactory(due=True, member__email="")
    releases.release_due(by="a test", source="sweep")
    # Each of the six has its own member: one was refused, one is retried, one is being sent, three are waiting.
    batches = outbox.claim(limit=3)
    outbox.record(batches[0], DeliveryResult(Outcome.REJECTED, "550 unknown"))
    outbox.record(batches[1], DeliveryResult(Outcome.DEFERRED, "451 greylisted"))

    box = outbox_status(Case.objects.all(), FROZEN)

    numbers = [box.waiting, box.retrying, box.sending, box.failed, box.undeliverable]
    assert [count.number for count in numbers] == [3, 1, 1, 1, 1]
    assert {email.last_error for email in box.given_up} == {"550 unknown", "The member has no email address."}
    assert [problem.text for problem in box.problems] == ["2 emails weren't delivered."]


def test_emails_that_nobody_takes_are_a_problem(settings):
    CaseFactory(due=True)
    releases.release_due(by="a test", source="sweep")
    patience = 6 * settings.SWEEP_INTERVAL * SECOND

    assert outbox_status(Case.objects.all(), FROZEN + patience).problems == []
    late = outbox_status(Case.objects.all(), FROZEN + patience + SECOND)

    assert [problem.text for problem in late.problems] == ["Emails are waiting, but no mail worker is processing them."]
    OutgoingEmail.objects.update(state="dropped")
    assert outbox_status(Case.objects.all(), FROZEN + patience + SECOND).problems == []


@pytest.fixture
def beat():
    """Beat's table as it is after a start, with the sweep recorded a minute ago."""
    every = IntervalSchedule.objects.create(every=10, period="seconds")
    for name in ("sweep", "figures", "celery.backend_cleanup"):
        PeriodicTask.objects.create(name=name, task=name, interval=every, last_run_at=FROZEN - MINUTE)
    return PeriodicTask.objects


def test_a_sweep_that_runs_is_told_with_its_age(beat):
    Heartbeat.objects.create(name="sweep", at=FROZEN - 8 * SECOND, host="here")

    now = scheduler_health(FROZEN)

    assert (now.sweep_age, now.beat_age) == (8 * SECOND, MINUTE)
    assert not now.is_sweep_late
    assert not now.is_beat_late
    assert now.problems == []


@pytest.mark.parametrize("age", [None, 61 * SECOND])
def test_a_sweep_that_does_not_run_is_a_problem(beat, age):
    if age:
        Heartbeat.objects.create(name="sweep", at=FROZEN - age, host="here")
    assert [problem.text for problem in scheduler_health(FROZEN).problems] == ["Automatic releases aren't running."]


@pytest.mark.parametrize("noted", [None, 8 * 24 * 60 * MINUTE])
def test_where_the_command_runs_the_sweep_once_a_day_is_enough(beat, noted):
    """With only cron, or with cron after Celery was abandoned."""
    beat.filter(name="sweep").update(last_run_at=noted and FROZEN - noted)
    heartbeat = Heartbeat.objects.create(name="sweep", source="command", at=FROZEN - 1440 * MINUTE, host="here")

    assert scheduler_health(FROZEN).problems == []
    assert not scheduler_health(FROZEN).is_beat_late

    # A midnight and the next one, with the clock set back in between. This time the command takes longer.
    Heartbeat.objects.filter(pk=heartbeat.pk).update(at=FROZEN - 1510 * MINUTE)
    assert scheduler_health(FROZEN).problems == []

    Heartbeat.objects.filter(pk=heartbeat.pk).update(at=FROZEN - 1561 * MINUTE)
    assert [problem.text for problem in scheduler_health(FROZEN).problems] == ["Automatic releases aren't running."]


def test_the_command_beside_beat_does_not_hide_that_beat_is_dead(beat):
    Heartbeat.objects.create(name="sweep", source="command", at=FROZEN - 2 * MINUTE, host="here")
    assert [problem.text for problem in scheduler_health(FROZEN).problems] == ["Automatic releases aren't running."]


def test_beat_is_late_when_it_has_noted_nothing_for_longer_than_usual(beat):
    beat.filter(name="sweep").update(last_run_at=FROZEN - 4 * MINUTE)
    assert not scheduler_health(FROZEN).is_beat_late
    beat.filter(name="sweep").update(last_run_at=FROZEN - 5 * MINUTE)
    assert scheduler_health(FROZEN).is_beat_late
    beat.all().delete()
    assert scheduler_health(FROZEN).is_beat_late


def test_beat_has_the_usual_time_for_its_first_note(beat):
    """It saves its entries when it starts, and three minutes later when it ran them."""
    beat.filter(name="sweep").update(last_run_at=None, date_changed=FROZEN - 2 * MINUTE)
    assert not scheduler_health(FROZEN).is_beat_late
    beat.filter(name="sweep").update(date_changed=FROZEN - 5 * MINUTE)
    assert scheduler_health(FROZEN).is_beat_late


def test_what_was_switched_off_or_is_unknown_is_named(beat):
    beat.filter(name="figures").update(enabled=False)
    every = IntervalSchedule.objects.get()
    beat.create(name="reminders of last year", task="gone", interval=every)
    beat.create(name="switched off long ago", task="gone", interval=every, enabled=False)
    Heartbeat.objects.create(name="sweep", at=FROZEN, host="here")

    now = scheduler_health(FROZEN)

    assert [entry.name for entry in now.unknown_entries] == ["reminders of last year"]
    assert [problem.text for problem in now.problems] == ["“figures” is disabled in the admin and isn't running."]
