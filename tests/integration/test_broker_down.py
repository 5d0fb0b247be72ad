"""Redis refuses connections, or accepts them and never responds: no one waits long, and every case is released on
time."""

import datetime as dt

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu import Connection, Producer, Queue
from redis.exceptions import TimeoutError as RedisTimeout

from cases import releases
from cases.delivery import celery_publisher
from cases.models import Case, User
from cases.releases import wakeups
from tests.clocks import portals_today
from tests.factories import CaseFactory
from tests.integration.conftest import StartWorker
from tests.integration.processes import LocalRedis
from tests.integration.steps import (
    Source,
    answers_within,
    assert_released_once,
    completed,
    in_seconds,
    is_released,
    publish_sweep,
    sources,
    until,
)

pytestmark = [pytest.mark.integration, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

# A request is held up for 1 s at most (docs/rules.md, 7); the rest is for the request itself on a busy machine.
QUICKLY = 4


@pytest.fixture(params=["first connection", "pooled connection"])
def connection_of_the_web(request: pytest.FixtureRequest, redis: LocalRedis) -> None:
    """When the fault begins, this process has no connection yet, or one that worked a moment ago."""
    if request.param == "pooled connection":
        publish_sweep(expires=0)


@pytest.mark.usefixtures("connection_of_the_web")
def test_redis_refuses(redis: LocalRedis, member: User, technician: User) -> None:
    """Scheduling continues. Without broker and workers, the cron job's command releases."""
    redis.stop()
    with answers_within(QUICKLY):
        case = completed(member=member, by=technician, release_on=in_seconds(1))
    assert Case.objects.get(pk=case.pk).armed_revision is None

    until("cron has released it", lambda: call_command("release_scheduled_cases") or is_released(case))
    assert sources(case) == [Source.COMMAND]
    assert_released_once([case])


@pytest.mark.usefixtures("connection_of_the_web")
def test_redis_is_frozen(redis: LocalRedis, start_worker: StartWorker, member: User, technician: User) -> None:
    """Scheduling many cases is held up once, not once per case. When Redis resumes, so do the workers. A message that
    was given up may still arrive, and does no harm."""
    worker = start_worker("releases")
    worker.ready()
    redis.freeze()
    with answers_within(QUICKLY):
        cases = [completed(member=member, by=technician, release_on=in_seconds(2)) for _ in range(5)]
    assert not Case.objects.filter(armed_revision__isnull=False).exists()

    redis.thaw()
    celery_publisher._silent_until = 0
    publish_sweep(eta=cases[-1].release_instant)
    until("all are released", lambda: all(is_released(case) for case in cases))
    assert_released_once(cases)


def test_redis_is_frozen_over_the_instant(
    redis: LocalRedis, start_worker: StartWorker, client: Client, member: User, other_member: User, technician: User
) -> None:
    """A worker waits for a Redis that does not answer, ETA tasks in hand. The member who visits does not wait for
    either. For the one who does not visit, the worker resumes when Redis does."""
    worker = start_worker("releases")
    worker.ready()
    looked_at, other = (
        completed(member=person, by=technician, release_on=in_seconds(2)) for person in (member, other_member)
    )
    worker.wait_for_log(f"[release-{other.pk}-1] received")
    redis.freeze()
    until("the cases are due", lambda: other.release_instant <= timezone.now())
    client.force_login(member)
    with answers_within(QUICKLY):
        assert looked_at.external_case_id in client.get("/").content.decode()
    assert sources(looked_at) == [Source.READ]

    redis.thaw()
    until("the other one is released", lambda: is_released(other))
    worker.wait_for_log(f"[release-{looked_at.pk}-1] succeeded")
    assert_released_once([looked_at, other])


def test_what_could_not_be_acknowledged_keeps_no_worker_from_the_next_message(redis: LocalRedis) -> None:
    """A process may hold one message. A sweep that it cannot acknowledge must not be its last."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with Connection(redis.url, transport_options=options) as connection, connection.channel() as channel:
        queue = Queue("held", channel=channel)
        queue.declare()
        channel.basic_qos(0, 1, False)
        Producer(channel, routing_key="held").publish("the first")
        message = queue.get()
        assert not channel.qos.can_consume()

        redis.freeze()
        with pytest.raises(RedisTimeout):
            message.ack()
        redis.thaw()

        assert channel.qos.can_consume()


def test_the_page_answers_while_redis_is_frozen(
    redis: LocalRedis, client: Client, member: User, technician: User
) -> None:
    """Login, session and the technician's form don't depend on Redis."""
    case = CaseFactory(member=member, assigned_to=technician)
    redis.freeze()
    client.force_login(technician)
    data = {"release_option": "schedule", "release_date": portals_today() + dt.timedelta(days=2)}
    with answers_within(QUICKLY):
        response = client.post(reverse("mark_case_completed", args=[case.pk]), data)
    assert response.status_code == 302
    assert Case.objects.get(pk=case.pk).scheduled_release_date == data["release_date"]


def test_a_message_that_was_given_up_and_still_arrives(
    redis: LocalRedis, start_worker: StartWorker, member: User, technician: User
) -> None:
    """The publishing call raised, so the look-ahead arms the case again: two messages with one task id, one release."""
    # Declares the queue, so that the next message is a single command.
    celery_publisher.publish_wake_up(case_id=0, revision=0, at=timezone.now())
    redis.flush()
    redis.freeze()
    case = completed(member=member, by=technician, release_on=in_seconds(3))
    assert Case.objects.get(pk=case.pk).armed_revision is None
    redis.thaw()
    celery_publisher._silent_until = 0
    until("the lost message is there", lambda: redis.length("portal:releases") == 1)
    wakeups.arm_upcoming(timezone.now())
    assert redis.length("portal:releases") == 2

    worker = start_worker("releases")
    until("both have run", lambda: worker.has_seen(f"[release-{case.pk}-1] succeeded", times=2))
    assert_released_once([case])
    assert releases.release_due(by="test", source=Source.COMMAND).released == []


@pytest.mark.parametrize("fault", ["stop", "freeze"])
@pytest.mark.parametrize("told", ["SIGTERM", "SIGQUIT"])
def test_a_worker_whose_redis_is_gone_exits_when_it_is_told_to(
    redis: LocalRedis, start_worker: StartWorker, told: str, fault: str
) -> None:
    """It holds ETA tasks that it cannot return to the queue, and must not try for a second each."""
    worker = start_worker("releases", concurrency=1)
    far = timezone.now() + dt.timedelta(hours=1)
    for number in range(40):
        celery_publisher.publish_wake_up(case_id=number, revision=1, at=far)
    until("it holds them", lambda: worker.has_seen("received", times=40))
    getattr(redis, fault)()

    worker.kill(told)
    worker.container.wait()


def test_a_worker_whose_redis_is_back_in_time_gives_back_what_it_holds(
    redis: LocalRedis, start_worker: StartWorker
) -> None:
    worker = start_worker("releases", concurrency=1)
    celery_publisher.publish_wake_up(case_id=1, revision=1, at=timezone.now() + dt.timedelta(hours=1))
    until("it holds it", lambda: worker.has_seen("received"))
    redis.freeze()
    worker.kill("SIGTERM")
    until("it stops", lambda: worker.has_seen("Warm shutdown"))
    redis.thaw()
    assert worker.container.wait() == 0
    assert redis.length("portal:releases") == 1
