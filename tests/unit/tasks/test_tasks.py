"""What workers run: wake-ups trust only the database (docs/rules.md, 5), and the sweep needs no one (rule 1)."""

import datetime as dt
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import DatabaseError, DataError, InterfaceError, OperationalError
from django.utils import timezone

from cases import releases
from cases.core.clock import portal_now
from cases.core.safe_errors import SafeError
from cases.delivery import celery_publisher
from cases.delivery.results import DeliveryReport
from cases.middleware.release_on_read import ReleaseOnReadMiddleware
from cases.models import Case, CaseEvent, Heartbeat, OutgoingEmail
from cases.releases import on_read
from cases.releases.release_batch import Batch
from tasks import emails, reminders
from tasks import releases as tasks
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.triggers import refuse

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(monkeypatch):
    """Return what would be published, by name and arguments. Nothing is published."""
    found = []
    monkeypatch.setattr(celery_publisher, "publish_wake_up", lambda **what: found.append(("wake-up", what)) or True)
    monkeypatch.setattr(celery_publisher, "publish_mail_waiting", lambda: found.append(("mail", {})) or True)
    return found


def released(case) -> bool:
    return Case.objects.get(pk=case.pk).is_released


# --- The wake-up ------------------------------------------------------------------------------------------------------


def test_a_wake_up_releases_whatever_is_due(published):
    named, other = CaseFactory(due=True), CaseFactory(due=True)
    assert tasks.release_case(named.pk, 1) == 2
    events = CaseEvent.objects.filter(kind="released")
    assert {(event.source, event.system_actor) for event in events} == {("eta", f"release_case {named.pk}")}
    assert tasks.release_case(other.pk, 1) == 0, "the other's own wake-up finds nothing left"


def test_a_doubled_wake_up_releases_once(published):
    case = CaseFactory(due=True)
    assert [tasks.release_case(case.pk, 1) for _ in range(3)] == [1, 0, 0]
    assert case.events.count() == case.emails.count() == 1


@pytest.mark.parametrize("state", ["accepted", "held", "released", "scheduled"])
def test_a_stale_wake_up_changes_nothing(published, state):
    case = CaseFactory(**({} if state == "accepted" else {state: True}))
    Case.objects.filter(pk=case.pk).update(schedule_revision=5)
    before = Case.objects.values().get(pk=case.pk)
    assert tasks.release_case(case.pk, 4) == 0
    assert Case.objects.values().get(pk=case.pk) == before
    assert published == []


def test_a_wake_up_for_a_case_that_does_not_exist_is_harmless(published):
    assert tasks.release_case(0, 1) == 0


def test_messages_of_older_and_newer_versions_are_understood(published):
    CaseFactory(due=True)
    assert tasks.release_case(1) == 1
    assert tasks.release_case(1, 1, reason="of the future") == 0
    assert tasks.sweep(since="then") == 0
    assert emails.send_release_emails(priority=1) >= 0


def test_a_wake_up_that_is_early_is_published_anew_and_releases_nothing(published, clock):
    case = CaseFactory(scheduled=True)
    assert tasks.release_case(case.pk, 1) == 0
    assert not released(case)
    assert published == [("wake-up", {"case_id": case.pk, "revision": 1, "at": case.release_instant})]


def test_a_wake_up_that_is_early_by_a_moment_waits_for_it(published):
    at = timezone.now() + dt.timedelta(seconds=0.3)
    case = CaseFactory(scheduled=True, scheduled_release_date=at.date(), scheduled_release_time=at.time())
    assert tasks.release_case(case.pk, 1) == 1
    assert timezone.now() >= at
    assert Case.objects.get(pk=case.pk).actual_release_date >= at
    assert published == []


# --- The sweep --------------------------------------------------------------------------------------------------------


def test_the_sweep_releases_arms_hands_over_and_leaves_a_heartbeat(published, clock):
    due = CaseFactory(due=True)
    near = CaseFactory(scheduled=True, scheduled_release_date=FROZEN.date(), scheduled_release_time=dt.time(12, 0, 30))
    assert tasks.sweep() == 1

    assert released(due)
    assert ("wake-up", {"case_id": near.pk, "revision": 1, "at": near.release_instant}) in published
    assert ("mail", {}) in published
    event = due.events.get()
    assert (event.source, event.system_actor) == ("sweep", "sweep")
    heartbeat = Heartbeat.objects.get(name="sweep")
    assert (heartbeat.name, heartbeat.at, heartbeat.released) == ("sweep", FROZEN, 1)


def test_a_sweep_with_nothing_to_do_says_that_it_ran(published, clock):
    tasks.sweep()
    clock.shift(dt.timedelta(seconds=10))
    assert tasks.sweep() == 0
    heartbeat = Heartbeat.objects.get(name="sweep")
    assert (heartbeat.at, heartbeat.released) == (FROZEN + dt.timedelta(seconds=10), 0)
    assert published == []


def test_an_email_that_nobody_was_told_of_is_handed_over(published, clock):
    CaseFactory(due=True)
    releases.release_due(by="test", source="command")
    published.clear()
    tasks.sweep()
    assert published == [("mail", {})]


def test_a_doubled_sweep_is_harmless(published, clock):
    case = CaseFactory(due=True)
    assert [tasks.sweep(), tasks.sweep()] == [1, 0]
    assert case.events.count() == 1


def test_of_sweeps_that_have_piled_up_one_is_run(published, clock):
    """They were requested while no worker was running. One that was requested after the last had started is run."""
    asked = [(FROZEN - dt.timedelta(minutes=minutes)).isoformat() for minutes in (30, 20, 10)]
    CaseFactory(due=True)
    assert tasks.sweep(asked_at=asked[0]) == 1
    CaseFactory(due=True)
    assert [tasks.sweep(asked_at=asked[1]), tasks.sweep(asked_at=asked[2])] == [0, 0]
    clock.shift(dt.timedelta(seconds=1))
    assert tasks.sweep(asked_at=portal_now().isoformat()) == 1


def test_a_sweep_that_failed_stands_in_for_no_other(published, clock, monkeypatch):
    asked_at = (FROZEN - dt.timedelta(minutes=1)).isoformat()
    CaseFactory(due=True)
    with monkeypatch.context() as broken:
        broken.setattr("cases.releases.sweep.release_batches", Mock(side_effect=OSError("broken")))
        with pytest.raises(OSError, match="broken"):
            tasks.sweep(asked_at=asked_at)
    assert tasks.sweep(asked_at=asked_at) == 1


def test_the_mail_task_sends_and_says_how_many(mailoutbox):
    CaseFactory(due=True)
    releases.release_due(by="test", source="command")
    assert emails.send_release_emails() == 1
    assert len(mailoutbox) == 1
    assert emails.send_release_emails() == 0


def test_the_mail_task_asks_for_another_run_when_its_time_is_over(monkeypatch, published):
    monkeypatch.setattr(emails, "RUN_SECONDS", 0)
    CaseFactory(due=True)
    releases.release_due(by="test", source="command")
    assert emails.send_release_emails() == 0
    assert published == [("mail", {})]


# --- A member's look --------------------------------------------------------------------------------------------------


def test_a_look_releases_what_is_due_of_the_member_in_person(member):
    case = CaseFactory(due=True, member=member)
    on_read.release_on_read(member)
    assert released(case)


@pytest.mark.parametrize("who", ["other_member", "technician", "administrator", "member, deactivated", "nobody"])
def test_the_look_of_others_releases_nothing(request, member, who):
    case = CaseFactory(due=True, member=member)
    if who == "nobody":
        on_read.release_on_read(AnonymousUser())
    else:
        person = request.getfixturevalue(who.split(",")[0])
        person.is_active = "deactivated" not in who
        on_read.release_on_read(person)
    assert not released(case)


def test_a_look_that_fails_is_logged_and_answered(monkeypatch, member, caplog):
    def locked(member):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(on_read, "release_due_of", locked)
    answer = ReleaseOnReadMiddleware(lambda _: "the page")
    assert answer(type("Request", (), {"user": member})()) == "the page"
    assert "release on read failed" in caplog.text


def test_an_error_of_our_own_in_a_look_is_not_hidden(monkeypatch, member):
    def broken(member):
        raise TypeError

    monkeypatch.setattr(on_read, "release_due_of", broken)
    with pytest.raises(TypeError):
        on_read.release_on_read(member)


STEPS = {
    "release": "cases.releases.sweep.release_batches",
    "arm": "cases.releases.wakeups.arm_upcoming",
    "emails": "cases.delivery.outbox.is_waiting",
    "nothing": "",
}
RUNS = {"task": lambda: tasks.sweep(), "command": lambda: call_command("release_scheduled_cases")}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("failing", STEPS)
def test_a_step_of_the_sweep_that_fails_stops_none_of_the_others(published, clock, monkeypatch, run, failing):
    """The error is raised at the end, and there is no heartbeat, because the sweep was incomplete."""
    due = CaseFactory(due=True)
    near = CaseFactory(scheduled=True, scheduled_release_date=FROZEN.date(), scheduled_release_time=dt.time(12, 0, 30))
    OutgoingEmail.objects.create(
        case=CaseFactory(held=True), kind="released", release_number=1, recipient=due.member, state="waiting",
        next_try=FROZEN, created=FROZEN,
    )  # fmt: skip
    if failing == "nothing":
        run()
    else:
        monkeypatch.setattr(STEPS[failing], Mock(side_effect=OperationalError("disk full")))
        with pytest.raises(OperationalError):
            run()

    assert released(due) == (failing != "release")
    assert (("wake-up", {"case_id": near.pk, "revision": 1, "at": near.release_instant}) in published) == (
        failing != "arm"
    )
    assert (("mail", {}) in published) == (failing != "emails")
    assert Heartbeat.objects.filter(name="sweep").exists() == (failing == "nothing")


def test_the_heartbeat_says_what_ran_the_sweep(published, clock):
    tasks.sweep()
    assert Heartbeat.objects.get(name="sweep").source == "sweep"
    CaseFactory(due=True)
    call_command("release_scheduled_cases")
    heartbeat = Heartbeat.objects.get(name="sweep")
    assert (heartbeat.name, heartbeat.source, heartbeat.at, heartbeat.released) == ("sweep", "command", FROZEN, 1)


# --- A database that is lost ------------------------------------------------------------------------------------------


LOSABLE = [
    (tasks.release_case, [7, 1], "cases.releases.release_due", Batch(released=[1, 2])),
    (tasks.sweep, [], "cases.releases.sweep.release_batches", [Batch(released=[1, 2])]),
    (emails.send_release_emails, [], "cases.delivery.outbox.deliver", DeliveryReport(sent=2)),
]


@pytest.mark.django_db(transaction=True)  # Celery closes the connection around a task
@pytest.mark.parametrize(("task", "arguments", "work", "done"), LOSABLE)
def test_a_task_that_loses_its_database_runs_again_a_few_times(published, monkeypatch, task, arguments, work, done):
    """Celery itself repeats it, with the same arguments."""
    lost = [OperationalError("server closed the connection"), InterfaceError("closed"), OperationalError("refused")]
    monkeypatch.setattr(work, Mock(side_effect=[*lost, done]))
    assert task.apply(arguments).get() == 2

    monkeypatch.setattr(work, Mock(side_effect=OperationalError("for hours")))
    with pytest.raises(SafeError):
        task.apply(arguments).get()


@pytest.mark.django_db(transaction=True)  # Celery closes the connection around a task
@pytest.mark.parametrize(("task", "arguments", "work", "done"), LOSABLE)
def test_a_task_that_fails_for_another_reason_does_not_run_again(published, monkeypatch, task, arguments, work, done):
    monkeypatch.setattr(work, Mock(side_effect=[DataError("out of range"), done]))
    with pytest.raises(SafeError):
        task.apply(arguments).get()


# --- Reminders --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clock")
def test_reminders_of_members_and_absences_do_not_wait_for_those_of_technicians(settings, clock, member, technician):
    settings.RELEASE_UNOPENED_REMINDER, settings.RELEASE_UNOPENED_DAYS = True, 7
    reminders.queue_reminders()
    CaseFactory(member=member, released=True)
    tomorrow = FROZEN.date() + dt.timedelta(days=8)
    CaseFactory(assigned_to=technician, scheduled=True, scheduled_release_date=tomorrow)
    clock.shift(dt.timedelta(days=7))
    refuse("cases_reminder", "INSERT", "NEW.id IS NOT NULL")
    with pytest.raises(DatabaseError):
        reminders.queue_reminders()
    assert set(OutgoingEmail.objects.values_list("kind", flat=True)) == {"unopened"}
    assert Heartbeat.objects.get(name="absences").at == timezone.now()
