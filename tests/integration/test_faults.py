"""Processes that die, collide, or lose their broker in the middle of their work."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from cases.delivery import celery_publisher
from cases.models import Case, Heartbeat, User
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


def test_worker_killed_in_mid_wave(
    start_worker: StartWorker, member: User, other_member: User, technician: User
) -> None:
    """The whole worker dies, parent and children, between two batches. The next sweep of another worker continues:
    nothing is lost, nothing is done twice, and released cases keep their date."""
    cases = wave(2000, members=[member, other_member], technician=technician)
    kill_in_mid_wave(start_worker, cases, lambda worker: worker.kill())
    before = dict(released_dates())

    start_worker("another", RELEASE_BATCH_SIZE=500)
    publish_sweep()
    until("all are released", lambda: released_count() == len(cases))
    assert_released_once(cases)
    assert before.items() <= dict(released_dates()).items()


def test_pool_process_killed_in_mid_wave(start_worker: StartWorker, member: User, technician: User) -> None:
    """One process of the pool dies. The worker puts the message back and does the rest itself, without any sweep."""
    cases = wave(1500, members=[member], technician=technician)
    kill_in_mid_wave(start_worker, cases, kill_pool)

    until("all are released", lambda: released_count() == len(cases))
    assert_released_once(cases)


def test_two_workers_and_many_wake_ups_release_a_wave_once(
    start_worker: StartWorker, member: User, technician: User
) -> None:
    """Two workers with two processes each get two sweeps and two ETA tasks at the same instant."""
    cases = wave(1000, members=[member], technician=technician)
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
    redis: LocalRedis, start_worker: StartWorker, member: User, technician: User
) -> None:
    """The worker survives a Redis that comes back empty and keeps working, and a sweep makes up for the lost ETA tasks.

    This is the gate for upgrades of Celery: the worker of 5.7.0 exits (rc 1, AttributeError … hostname) when Redis
    goes away while it holds any unacknowledged message, and an ETA task is one.
    """
    worker = start_worker("releases")
    held = [completed(member=member, by=technician, release_on=in_seconds(wait)) for wait in (4, 4, 3600)]
    for case in held:
        worker.wait_for_log(f"[release-{case.pk}-1] received")
    pid = worker.container.pid

    redis.stop()
    worker.wait_for_log("onnection to broker lost")
    redis.start()
    after = completed(member=member, by=technician, release_on=in_seconds(1))
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
    redis: LocalRedis, start_worker: StartWorker, member: User, technician: User
) -> None:
    """SIGTERM: a rolling restart loses no ETA task. The next worker runs it on time, without any sweep."""
    worker = start_worker("old")
    case = completed(member=member, by=technician, release_on=in_seconds(15))
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


def test_killed_worker_takes_no_release_with_it_that_the_sweep_can_still_announce(
    start_worker: StartWorker, member: User, technician: User
) -> None:
    """Its messages stay in Redis until the visibility timeout. The look-ahead publishes a wake-up once more, although
    the case is armed, and the next worker is on time."""
    victim = start_worker("victim")
    victim.ready()
    case = completed(member=member, by=technician, release_on=in_seconds(20))
    victim.wait_for_log(f"[release-{case.pk}-1] received")
    victim.kill()

    start_worker("next")
    publish_sweep()
    until("the case is released", lambda: is_released(case))
    assert sources(case) == [Source.ETA]
    assert_released_once([case])


def test_a_wake_up_that_finds_no_database_is_repeated_until_there_is_one(
    process_env: dict[str, str], start_worker: StartWorker, member: User, technician: User
) -> None:
    """No sweep helps it."""
    url = process_env["DATABASE_URL"] + "&application_name=the-worker"
    worker = start_worker("releases", queue="releases", DATABASE_URL=url)
    worker.ready()
    case = completed(member=member, by=technician, release_on=in_seconds(3))
    worker.wait_for_log(f"[release-{case.pk}-1] received")
    with database_closed_to("the-worker"):
        until("it is tried again", lambda: worker.has_seen("Retry in", times=2))
        assert not is_released(case)
    until("the case is released", lambda: is_released(case))
    assert sources(case) == [Source.ETA]
    assert_released_once([case])


def test_a_sweep_does_not_wait_behind_wake_ups(start_worker: StartWorker, member: User) -> None:
    """Thousands of messages came before it."""
    start_worker("sweep", queue="sweep", concurrency=1).ready()
    count = 3000
    for number in range(count):
        celery_publisher.publish_wake_up(case_id=number, revision=1, at=timezone.now())
    worker = start_worker("releases", queue="releases", concurrency=1)
    until("it works", lambda: worker.has_seen("succeeded in", times=10))

    publish_sweep()
    until("there was a sweep", lambda: Heartbeat.objects.filter(name="sweep").exists())
    assert worker.logs().count("succeeded in") < count // 2


@contextmanager
def database_closed_to(application: str) -> Iterator[None]:
    """End the connections of `application` at the server, and accept no new ones until the end of the block."""
    own = connection.settings_dict["NAME"]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl()
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{own}" ALLOW_CONNECTIONS false')
        try:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [application]
            )
            yield
        finally:
            server.execute(f'ALTER DATABASE "{own}" ALLOW_CONNECTIONS true')


def kill_in_mid_wave(start_worker: StartWorker, cases: list[Case], kill: Callable[[Worker], None]) -> None:
    """Start a worker and a sweep, and kill the worker when some of `cases` are released and others are not."""
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
