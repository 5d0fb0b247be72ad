"""What beat sends, and when. tests/integration/test_clocks.py changes the clock of a real one."""

import datetime as dt
from unittest.mock import Mock

import pytest
from celery.beat import _evaluate_entry_kwargs
from django.conf import settings
from django.db import OperationalError
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from kombu.exceptions import OperationalError as BrokerError
from structlog.testing import capture_logs

from cases.core.clock import portal_now
from portal import beat
from portal.celery import app

pytestmark = pytest.mark.django_db


def entry(task: str = "tasks.releases.sweep", **last: dt.datetime) -> beat.PortalEntry:
    interval = IntervalSchedule.objects.create(every=10, period="seconds")
    return beat.PortalEntry(PeriodicTask.objects.create(name=task, task=task, interval=interval, **last), app=app)


def test_a_sweep_knows_when_it_was_asked_for_by_the_databases_clock() -> None:
    sweep = entry()
    before = portal_now()
    asked_at = dt.datetime.fromisoformat(_evaluate_entry_kwargs(sweep.kwargs)["asked_at"])
    assert before <= asked_at <= portal_now()


def test_a_database_that_does_not_answer_keeps_no_sweep_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beat, "portal_now", Mock(side_effect=OperationalError))
    assert _evaluate_entry_kwargs(entry().kwargs) == {"asked_at": None}


def test_other_tasks_are_sent_as_they_are_in_the_table() -> None:
    assert entry("somebody.elses").kwargs == {}


def test_entries_made_anew_are_the_same_schedule() -> None:
    """Beat compares them to see if someone has changed the table, and starts over if so."""
    sweep = entry()
    assert next(sweep) == sweep


def test_an_entry_that_ran_in_the_future_is_due_an_interval_from_now() -> None:
    sweep = entry(last_run_at=portal_now() + dt.timedelta(hours=1))
    assert not sweep.is_due().is_due
    assert 9 < sweep.is_due().next <= 10


def test_an_entry_that_ran_an_interval_ago_is_due() -> None:
    assert entry(last_run_at=portal_now() - dt.timedelta(seconds=10)).is_due().is_due


@pytest.mark.parametrize("name", settings.CELERY_BEAT_SCHEDULE)
def test_a_beat_that_is_restarted_every_day_has_run_each_entry(name: str) -> None:
    """Until the first run, its intervals start over with each start."""
    beat.PortalEntry.from_entry(name, app=app, **settings.CELERY_BEAT_SCHEDULE[name])
    PeriodicTask.objects.update(date_changed=portal_now() - dt.timedelta(days=1))
    assert beat.PortalEntry(PeriodicTask.objects.get(name=name), app=app).is_due().is_due


def test_a_task_that_cannot_be_sent_has_one_short_line(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Mock(side_effect=BrokerError("Error 111 connecting to 127.0.0.1:6379. Connection refused."))
    monkeypatch.setattr(beat.PortalScheduler, "send_task", broken)
    with capture_logs() as lines:
        beat.PortalScheduler(app=app, lazy=True).apply_entry(entry("somebody.elses"))
    (line,) = [line for line in lines if line["log_level"] == "error"]
    assert line == {
        "event": "beat could not send a task",
        "log_level": "error",
        "task": "somebody.elses",
        "error": "OperationalError: Error 111 connecting to 127.0.0.1:6379. Connection refused.",
    }
