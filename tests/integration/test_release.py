"""How a release happens, with real processes: by its ETA task, by the sweep, or by the member's visit."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from cases import releases
from cases.delivery import celery_publisher
from cases.models import Case, OutgoingEmail, User
from tests.integration.conftest import StartWorker
from tests.integration.processes import LocalBeat, LocalRedis, Worker
from tests.integration.steps import (
    Source,
    assert_released_once,
    completed,
    in_seconds,
    is_released,
    publish_sweep,
    run_sender,
    sources,
    until,
)
from tests.services import MailServer

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_a_scheduled_case_is_released_by_its_eta_task(
    release_worker: Worker, mail_worker: Worker, mail_server: MailServer, client: Client, member: User, technician: User
) -> None:
    """The technician schedules a release, and nothing is visible. At the instant, the member sees the case and gets one
    mail."""
    client.force_login(member)
    case = completed(member=member, by=technician, release_on=in_seconds(2))
    task = f"tasks.releases.release_case[release-{case.pk}-{case.schedule_revision}]"
    assert case.external_case_id not in client.get("/").content.decode()
    release_worker.wait_for_log(f"Task {task} received")

    until("the case is released", lambda: is_released(case))
    release_worker.wait_for_log(f"Task {task} succeeded")
    assert sources(case) == [Source.ETA]
    assert Case.objects.get(pk=case.pk).actual_release_date >= case.release_instant
    assert case.external_case_id in client.get("/").content.decode()

    until("the mail is taken", lambda: mail_server.taken)
    until("that is recorded", lambda: OutgoingEmail.objects.filter(state=OutgoingEmail.State.SENT).exists())
    run_sender(mail_worker)
    (mail,) = mail_server.taken
    assert mail["To"] == member.email
    assert case.external_case_id in mail["Subject"]
    assert_released_once([case])


def test_with_redis_flushed_the_sweep_releases(
    redis: LocalRedis, start_worker: StartWorker, start_beat: Callable[[], LocalBeat], member: User, technician: User
) -> None:
    """The ETA task is lost before any worker has received it. Beat's sweep finds the case by its row."""
    case = completed(member=member, by=technician, release_on=in_seconds(1))
    assert Case.objects.get(pk=case.pk).armed_revision == case.schedule_revision
    redis.flush()

    start_worker("releases")
    start_beat()
    until("the case is released", lambda: is_released(case))
    assert sources(case) == [Source.SWEEP]
    assert_released_once([case])


def test_with_everything_dead_the_case_is_released_when_its_member_looks(
    redis: LocalRedis, client: Client, member: User, other_member: User, technician: User
) -> None:
    """No beat, no worker, no Redis. Another member's visit changes nothing. The member's own visit does."""
    redis.stop()
    case = completed(member=member, by=technician, release_on=in_seconds(3))
    client.force_login(member)
    assert case.external_case_id not in client.get("/").content.decode()

    until("the case is due", lambda: case.release_instant <= timezone.now())
    stranger = Client()
    stranger.force_login(other_member)
    stranger.get("/")
    assert not is_released(case)
    assert case.external_case_id in client.get("/").content.decode()
    assert sources(case) == [Source.READ]
    assert_released_once([case])


def test_early_stale_and_doubled_wake_ups_release_nothing_early_and_nothing_twice(
    start_worker: StartWorker, member: User, technician: User
) -> None:
    """Messages are hints (docs/rules.md, 5): whatever they were published for, the worker checks the database."""
    worker = start_worker("releases")
    far = completed(member=member, by=technician, release_on=in_seconds(3600))
    releases.schedule(case=far, by=technician, source=Source.WEB, release_on=in_seconds(7200))
    near = completed(member=member, by=technician, release_on=in_seconds(2))
    past = timezone.now()
    for revision in (far.schedule_revision, far.schedule_revision, far.schedule_revision + 1):
        celery_publisher.publish_wake_up(case_id=far.pk, revision=revision, at=past)
    for _ in range(3):
        celery_publisher.publish_wake_up(case_id=near.pk, revision=near.schedule_revision, at=near.release_instant)

    done = "Task tasks.releases.release_case[release-{0.pk}-{1}] succeeded"
    for case, revision, times in [(far, 1, 2), (far, 2, 1), (near, 1, 4)]:
        text = done.format(case, revision)
        until(f"{times} times: {text}", lambda text=text, times=times: worker.has_seen(text, times=times))
    assert not is_released(far)
    assert_released_once([near])
    # The early one was published once more, for the right revision, so three are waiting for the far case.
    assert worker.has_seen(f"[release-{far.pk}-2] received", times=3)
    assert not worker.has_seen(f"[release-{far.pk}-2] received", times=4)


def test_a_database_connection_is_kept_and_its_loss_fails_no_task(
    process_env: dict[str, str], start_worker: StartWorker
) -> None:
    """Celery closes the connection around every task unless told otherwise. A connection that is kept may die between
    tasks."""
    url = process_env["DATABASE_URL"] + "&application_name=the-worker"
    worker = start_worker("releases", concurrency=1, DATABASE_URL=url)

    def sweep() -> list[int]:
        """Run a sweep, and return the server's processes for the worker."""
        runs = worker.logs().count("Task tasks.releases.sweep") // 2
        publish_sweep()
        until("the sweep is done", lambda: worker.logs().count("Task tasks.releases.sweep") >= 2 * (runs + 1))
        assert not worker.has_seen("raised")
        return backends("the-worker")

    (backend,) = sweep()
    assert sweep() == [backend]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    until("it is gone", lambda: not backends("the-worker"))
    (another,) = sweep()
    assert sweep() == [another]


def backends(application: str) -> list[int]:
    """Return the server's processes for the connections of `application`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [application])
        return [pid for (pid,) in cursor.fetchall()]
