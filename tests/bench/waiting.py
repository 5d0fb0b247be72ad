"""Space: bytes on disk for each case, its history and its email, and in memory for each waiting ETA task."""

import datetime as dt
import time

import psutil
import redis

from tests.bench.servers import Servers
from tests.bench.wave_setup import WaveSetup

AHEAD = dt.timedelta(hours=1)
SETTLED = 2.0


def on_disk(setup: WaveSetup, cases: int) -> dict[str, float]:
    """Return the bytes of a row, with its share of the indexes, after a wave has been released."""
    from cases.models import Case, CaseEvent, OutgoingEmail

    models = {"case": Case, "history row": CaseEvent, "email row": OutgoingEmail}
    return {name: setup.bytes_of(model._meta.db_table) / cases for name, model in models.items()}


def in_memory(servers: Servers, tasks: int) -> dict[str, float]:
    """Publish `tasks` ETA tasks and leave them waiting. Return the bytes of one in Redis and in the worker."""
    from django.utils import timezone

    from cases.delivery import celery_publisher

    worker = servers.worker("releases", processes=1, name="holding")
    broker = redis.Redis.from_url(servers.redis.url)

    def held() -> tuple[int, int]:
        return int(broker.info("memory")["used_memory"]), psutil.Process(worker.pid).memory_info().rss

    time.sleep(SETTLED)
    before = held()
    for number in range(tasks):
        celery_publisher.publish_wake_up(case_id=number, revision=1, at=timezone.now() + AHEAD)
    while worker.logs().count("received") < tasks:
        time.sleep(0.05)
    time.sleep(SETTLED)
    in_redis, in_worker = ((now - then) / tasks for now, then in zip(held(), before, strict=True))
    worker.teardown()
    broker.flushall()
    return {"Redis": in_redis, "worker": in_worker}
