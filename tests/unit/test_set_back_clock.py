"""A clock was ahead and is set back: times that were stored in between are no reason to wait."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from cases.accounts import api_tokens
from cases.delivery import outbox
from cases.delivery.email_claims import lease
from cases.delivery.notifications import next_digest, notify
from cases.maintenance import cleanup
from cases.models import (
    ApiToken,
    ApiUsage,
    BulkRun,
    Case,
    Heartbeat,
    HistorySeal,
    Notification,
    NotificationChoice,
    OutgoingEmail,
    User,
)
from cases.monitoring import daily_statistics
from cases.monitoring.heartbeats import scheduler_health
from cases.monitoring.prometheus import exposition
from cases.proof import publishing
from cases.releases import bulk, notices
from cases.releases.bulk import Parameters, worker
from tasks import releases as tasks
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

SECOND = dt.timedelta(seconds=1)
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# From a small correction by a time server to a host with a dead clock battery.
AHEAD = [2 * SECOND, 30 * MINUTE, 3 * HOUR, 2 * DAY, 40 * DAY]
FAR_AHEAD = AHEAD[1:]


@pytest.fixture(params=AHEAD, ids=str)
def ahead(request):
    return request.param


@pytest.fixture(params=FAR_AHEAD, ids=str)
def far_ahead(request):
    return request.param


# --- The sweep --------------------------------------------------------------------------------------------------------


def test_the_next_sweep_is_run(clock, ahead):
    clock.move_to(FROZEN + ahead)
    tasks.sweep()
    clock.move_to(FROZEN)
    CaseFactory(due=True)
    assert tasks.sweep(asked_at=FROZEN.isoformat()) == 1
    assert Heartbeat.objects.get(name="sweep").at == FROZEN
    CaseFactory(due=True)
    asked_before = (FROZEN - SECOND).isoformat()
    assert tasks.sweep(asked_at=asked_before) == 0, "one that waited in the queue finds the work done"


def test_a_sweep_that_stops_then_is_late(far_ahead):
    every = IntervalSchedule.objects.create(every=10, period="seconds")
    PeriodicTask.objects.create(name="sweep", task="sweep", interval=every, last_run_at=FROZEN + far_ahead)
    Heartbeat.objects.create(name="sweep", source="sweep", at=FROZEN + far_ahead)
    health = scheduler_health(FROZEN)
    assert health.is_sweep_late
    assert health.is_beat_late
    assert [problem.text for problem in health.problems] == ["Automatic releases aren't running."]
    assert health.sweep_age == far_ahead


def test_clocks_that_differ_by_a_moment_are_no_problem():
    Heartbeat.objects.create(name="sweep", source="sweep", at=FROZEN + SECOND)
    assert not scheduler_health(FROZEN).is_sweep_late


# --- What conditions hold back ----------------------------------------------------------------------------------------


def test_cases_that_come_later_are_told_once(clock, ahead, technician):
    held = {"open_conditions": 1, "held": True, "schedule_revision": 1, "assigned_to": technician}
    day = {"scheduled_release_date": FROZEN.date()}
    notices.tell_of_held()
    told_early = CaseFactory(**held, **day, scheduled_release_time=dt.time(12, 0, 1))
    clock.move_to(FROZEN + ahead)
    notices.tell_of_held()
    clock.move_to(FROZEN)
    notices.tell_of_held()
    # Its instant is before the look that the wrong clock recorded.
    later = CaseFactory(**held, **day, scheduled_release_time=dt.time(12, 0, 1, 500_000))
    clock.move_to(FROZEN + 2 * SECOND)
    notices.tell_of_held()
    told = Notification.objects.filter(kind="held").order_by("case").values_list("case", flat=True)
    assert list(told) == [told_early.pk, later.pk]


# --- The head of the history ------------------------------------------------------------------------------------------


def sealed(number):
    seal = HistorySeal(
        number=number, at=timezone.now(), history="accounts", first_id=number, last_id=number, entries=b"",
        previous=f"{number:064}", digest=f"{number + 1:064}",
    )  # fmt: skip
    seal.save(force_insert=True)


def test_the_head_is_published_again_and_once(clock, far_ahead, administrator):
    clock.move_to(FROZEN + far_ahead)
    sealed(1)
    assert publishing.publish_head(timezone.now())
    clock.move_to(FROZEN)
    sealed(2)
    days = [publishing.publish_head(FROZEN + hours * HOUR) for hours in (0, 1, 2)]
    clock.move_to(FROZEN + 2 * DAY)
    sealed(3)
    days.append(publishing.publish_head(timezone.now()))
    published = [found.split("-")[0] for found in days if found]
    # Half an hour ahead is the same day.
    assert published == (["3"] if far_ahead < HOUR else ["2", "3"])


# --- Emails and failed releases ---------------------------------------------------------------------------------------


def email(**columns):
    moments = dict.fromkeys(("created", "due", "next_try"), timezone.now())
    case = CaseFactory(released=True, release_number=1)
    made = {"kind": "released", "case": case, "release_number": 1, "recipient": case.member, "state": "waiting"}
    return OutgoingEmail.objects.create(**made | moments | columns)


@pytest.mark.parametrize("seconds", [0, 30])
def test_emails_do_not_wait_for_the_clock(clock, far_ahead, settings, mailoutbox, seconds):
    settings.RELEASE_UNDO_SECONDS = seconds
    clock.move_to(FROZEN + far_ahead)
    tasks.sweep()
    for columns in [{}, {"deferrals": 3, "last_error": "451 later"}, {"due": timezone.now() + 7 * HOUR}]:
        email(next_try=timezone.now() + 7 * HOUR * bool(columns), **columns)
    clock.move_to(FROZEN)
    outbox.deliver()
    assert not mailoutbox
    tasks.sweep()
    clock.shift(seconds * SECOND)
    outbox.deliver()
    assert len(mailoutbox) == 3


def test_what_has_a_reason_to_wait_waits(clock, far_ahead, settings, mailoutbox):
    settings.RELEASE_MAIL_HOURS, settings.RELEASE_UNDO_SECONDS = (dt.time(14), dt.time(20)), 0
    opening = FROZEN + 2 * HOUR
    digest = email(kind="digest", case=None, release_number=None, next_try=opening, due=opening)
    in_its_hours = email(next_try=opening, due=opening)
    on_its_way = email(
        state="sending", claim=uuid.uuid4(), group=uuid.uuid4(), message_id="<1@x>", next_try=FROZEN + SECOND
    )
    Heartbeat.objects.create(name="sweep", at=FROZEN + far_ahead)
    tasks.sweep()
    outbox.deliver()
    assert not mailoutbox
    for waiting in (digest, in_its_hours, on_its_way):
        before = waiting.next_try
        waiting.refresh_from_db()
        assert waiting.next_try == before


def test_an_email_that_leaves_in_time_does_not_wait_longer(far_ahead, settings):
    """A sweep that fails leaves no heartbeat, so the next one tries again what waits."""
    settings.RELEASE_UNDO_SECONDS = 30
    soon = email(next_try=FROZEN + 20 * SECOND, due=FROZEN + 20 * SECOND)
    Heartbeat.objects.create(name="sweep", at=FROZEN + far_ahead)
    tasks.sweep()
    soon.refresh_from_db()
    assert soon.next_try == soon.due == FROZEN + 20 * SECOND


@pytest.mark.parametrize("zone", ["", "Asia/Tokyo"])
def test_the_daily_email_is_the_next_one_on_its_readers_clock(clock, far_ahead, technician, zone):
    User.objects.filter(pk=technician.pk).update(time_zone=zone)
    NotificationChoice.objects.create(user=technician, kind="mention", channel="digest")
    case = CaseFactory(assigned_to=technician)
    for moment in (FROZEN + far_ahead, FROZEN):
        clock.move_to(moment)
        tasks.sweep()
        notify("mention", case=case, to=[technician], by="test", at=moment)
    digest = OutgoingEmail.objects.get()
    assert digest.next_try == digest.due == next_digest(zone, FROZEN)
    assert digest.notifications.count() == 2


def test_a_claim_of_a_sender_that_died_ends_as_one_from_now_would(clock, far_ahead):
    held = {"state": "sending", "group": uuid.uuid4(), "message_id": "<1@x>"}
    clock.move_to(FROZEN + far_ahead)
    dead = email(**held, claim=uuid.uuid4(), next_try=timezone.now() + lease())
    clock.move_to(FROZEN)
    live = email(**held, claim=uuid.uuid4(), next_try=FROZEN + SECOND)
    # The recall is not reported before it is known whether the release's email was sent.
    recalled = email(kind="recalled", case=dead.case, next_try=dead.next_try)
    Heartbeat.objects.create(name="sweep", at=FROZEN + far_ahead)
    tasks.sweep()
    ends = dict(OutgoingEmail.objects.values_list("pk", "next_try"))
    assert ends == {dead.pk: FROZEN + lease(), live.pk: FROZEN + SECOND, recalled.pk: FROZEN + lease()}
    states = OutgoingEmail.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["sending", "sending", "waiting"]


def test_a_release_that_failed_is_tried_again(clock, far_ahead):
    case = CaseFactory(due=True)
    Case.objects.update(release_error="no", release_attempts=2, release_next_try=FROZEN + far_ahead + HOUR)
    Heartbeat.objects.create(name="sweep", at=FROZEN + far_ahead)
    assert [tasks.sweep(), tasks.sweep()] == [0, 1]
    case.refresh_from_db()
    assert case.is_released


def test_while_the_clock_is_right_nothing_is_tried_before_its_time(clock):
    CaseFactory(due=True)
    Case.objects.update(release_error="no", release_attempts=2, release_next_try=FROZEN + HOUR)
    waiting = email(next_try=FROZEN + HOUR, due=FROZEN + HOUR)
    for ahead in (-10 * SECOND, 0 * SECOND, SECOND):
        Heartbeat.objects.update_or_create(name="sweep", defaults={"at": FROZEN + ahead})
        assert tasks.sweep() == 0
    waiting.refresh_from_db()
    assert waiting.next_try == Case.objects.get(release_attempts=2).release_next_try == FROZEN + HOUR


# --- The weekly cleanup -----------------------------------------------------------------------------------------------


def test_the_cleanup_runs_within_a_week(clock, ahead):
    clock.move_to(FROZEN + ahead)
    cleanup.clean_up_weekly(FROZEN + ahead)
    clock.move_to(FROZEN)
    ran = [hours for hours in range(7 * 24 + 3) if cleanup.clean_up_weekly(FROZEN + hours * HOUR)]
    # Half an hour ahead counts as the same moment. A run from far ahead does not count.
    assert ran == ([0, 7 * 24 + 1] if ahead > HOUR else [7 * 24 + 1])


# --- Statistics -------------------------------------------------------------------------------------------------------


def test_the_present_day_is_counted_on(clock, far_ahead, monkeypatch):
    monkeypatch.setattr(daily_statistics, "KEPT_DAYS", far_ahead.days + 2)
    daily_statistics.update(FROZEN + far_ahead, seconds=60)
    assert daily_statistics.period(1, FROZEN).is_stale
    CaseFactory(held=True, actual_release_date=FROZEN, release_number=1)
    daily_statistics.update(FROZEN, seconds=60)
    today = daily_statistics.period(1, FROZEN)
    assert (today.released, today.not_recorded, today.is_stale) == (0, 1, False)
    assert "portal_figures_age_seconds 0.0" in exposition(FROZEN).decode()
    assert daily_statistics.update(FROZEN + SECOND, seconds=60) == 0
    assert daily_statistics.update(FROZEN + MINUTE, seconds=60) == 1, "the days before are final again"


# --- Leases and limits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_alive", [True, False])
def test_a_bulk_operation_goes_on(clock, far_ahead, administrator, monkeypatch, is_alive):
    cases = CaseFactory.create_batch(2, held=True)
    tomorrow = Parameters(date=FROZEN.date() + DAY)
    run = bulk.preview(by=administrator, action="schedule", keys=[c.pk for c in cases], parameters=tomorrow, reason="x")
    bulk.start(by=administrator, run=run)
    clock.move_to(FROZEN + far_ahead)
    claimed = worker._claim()
    if is_alive:
        worker._return_claim(claimed)
    clock.move_to(FROZEN)
    assert bulk.work_off() == 2
    assert BulkRun.objects.get().state == "done"


def test_a_live_worker_keeps_its_claim(administrator):
    cases = CaseFactory.create_batch(2, held=True)
    tomorrow = Parameters(date=FROZEN.date() + DAY)
    run = bulk.preview(by=administrator, action="schedule", keys=[c.pk for c in cases], parameters=tomorrow, reason="x")
    bulk.start(by=administrator, run=run)
    assert worker._claim()
    assert not worker._claim()


def test_calls_of_the_api_are_counted_anew(far_ahead, technician):
    minutes = far_ahead // MINUTE
    assert ApiUsage.add(technician.pk, 100 + minutes, 500) == 500
    assert [ApiUsage.add(technician.pk, 100, 20) for _ in range(2)] == [20, 40]
    assert ApiUsage.objects.get().minute == 100


def test_the_use_of_a_token_is_noted(clock, far_ahead, member):
    _token, secret = api_tokens.create(user=member, by=member, name="A program", days=90)
    clock.move_to(FROZEN + far_ahead)
    assert api_tokens.find(secret)
    clock.move_to(FROZEN)
    assert api_tokens.find(secret)
    assert ApiToken.objects.get().last_used == FROZEN
