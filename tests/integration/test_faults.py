"""Processes that die, meet, or lose their broker in the middle of their work."""

import os
import signal
from collections.abc import Callable

import pytest
from django.utils import timezone

from cases.models import Case, User
from portal.celery import app
from tests.integration.conftest import StartWorker
from tests.integration.processes import LocalRedis, Worker
from tests.integration.steps import (
    Source,
    assert_released_once,
    completed,
    in_seconds,
    is_released,
    publish_sweep,
    released_count,
    sources,
    until,
    wave,
)

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_worker_killed_in_mid_wave(start_worker: StartWorker, mia: User, olga: User, tom: User) -> None:
    """The whole worker dies, parent and children, between two batches. The next sweep of another worker goes on;
    nothing is lost, nothing is done twice, and what was released keeps its date."""
    cases = wave(2000, members=[mia, olga], technician=tom)
    kill_in_mid_wave(start_worker, cases, lambda worker: worker.kill())
    before = dict(released_dates())

    start_worker("another", RELEASE_BATCH_SIZE=500)
    publish_sweep()
    until("all are released", lambda: released_count() == len(cases))
    assert_released_once(cases)
    assert before.items() <= dict(released_dates()).items()


def test_pool_process_killed_in_mid_wave(start_worker: StartWorker, mia: User, tom: User) -> None:
    """One process of the pool dies. The worker puts the message back and does the rest itself; no sweep is needed."""
    cases = wave(1500, members=[mia], technician=tom)
    kill_in_mid_wave(start_worker, cases, kill_pool)

    until("all are released", lambda: released_count() == len(cases))
    assert_released_once(cases)


def test_two_workers_and_many_wake_ups_release_a_wave_once(start_worker: StartWorker, mia: User, tom: User) -> None:
    """Two workers with two processes each get two sweeps and two ETA tasks at the same instant."""
    cases = wave(1000, members=[mia], technician=tom)
    workers = [start_worker(name, RELEASE_BATCH_SIZE=20) for name in ("left", "right")]
    assert all(worker.ready() for worker in workers)
    instant = in_seconds(0.5).instant
    for case in cases[:2]:
        publish_sweep(eta=instant)
        app.send_task("tasks.releases.release_case", args=[case.pk, case.schedule_revision], eta=instant)

    until("all four have run", lambda: sum(worker.logs().count("succeeded in") for worker in workers) >= 4)
    assert released_count() == len(cases)
    assert_released_once(cases)


def test_redis_restarted_while_a_worker_holds_eta_tasks(
    redis: LocalRedis, start_worker: StartWorker, mia: User, tom: User
) -> None:
    """The worker outlives a Redis that comes back empty, works on, and a sweep makes up for the lost ETA tasks.

    This is the gate for upgrades of Celery: the worker of 5.7.0 exits (rc 1, AttributeError … hostname) when Redis
    goes away while it holds any unacknowledged message, and an ETA task is one.
    """
    worker = start_worker("releases")
    held = [completed(member=mia, by=tom, release_on=in_seconds(wait)) for wait in (4, 4, 3600)]
    for case in held:
        worker.wait_for_log(f"[release-{case.pk}-1] received")
    pid = worker.container.pid

    redis.stop()
    worker.wait_for_log("onnection to broker lost")
    redis.start()
    after = completed(member=mia, by=tom, release_on=in_seconds(1))
    until("the new case is released", lambda: is_released(after) or worker.container.status == "exited")
    assert worker.container.status == "running", "the worker did not outlive its broker"
    assert worker.container.pid == pid
    assert sources(after) == [Source.ETA]

    until("the held ones are due", lambda: held[1].release_instant <= timezone.now())
    publish_sweep()
    until("the held ones are released", lambda: is_released(held[0]) and is_released(held[1]))
    assert_released_once([*held[:2], after])
    assert not is_released(held[2])


def test_worker_told_to_stop_puts_its_eta_tasks_back(
    redis: LocalRedis, start_worker: StartWorker, mia: User, tom: User
) -> None:
    """SIGTERM: a rolling restart loses no ETA task; the next worker runs it in time, without any sweep."""
    worker = start_worker("old")
    case = completed(member=mia, by=tom, release_on=in_seconds(9))
    worker.wait_for_log(f"[release-{case.pk}-1] received")
    assert redis.length("portal:releases") == 0

    worker.kill("SIGTERM")
    assert worker.container.wait() == 0
    assert redis.length("portal:releases") == 1
    assert case.release_instant > timezone.now(), "the worker took too long to stop"

    start_worker("new")
    until("the case is released", lambda: is_released(case))
    assert sources(case) == [Source.ETA]
    assert_released_once([case])


def kill_in_mid_wave(start_worker: StartWorker, cases: list[Case], kill: Callable[[Worker], None]) -> None:
    """Starts a worker and a sweep, and kills when some of `cases` are released and others are not."""
    worker = start_worker("victim", concurrency=1, RELEASE_BATCH_SIZE=20)
    worker.ready()
    publish_sweep()
    until("some are released", lambda: released_count() >= len(cases) // 20)
    kill(worker)
    assert 0 < released_count() < len(cases), "the kill came too late"


def kill_pool(worker: Worker) -> None:
    for pid in worker.container.children():
        os.kill(pid, signal.SIGKILL)


def released_dates() -> list[tuple[int, object]]:
    return list(Case.objects.filter(actual_release_date__isnull=False).values_list("pk", "actual_release_date"))
