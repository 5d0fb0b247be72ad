"""Celery as its documentation sets it up for Django and Redis, with one ETA task per case."""

import os
import sys

from celery import Celery
from celery.signals import worker_ready

app = Celery("celery_eta")
app.conf.update(
    broker_url=os.environ["PEER_REDIS_URL"],
    broker_connection_retry_on_startup=True,
    # Longer than the farthest ETA, as the page on Redis asks for.
    broker_transport_options={"visibility_timeout": 3600},
    task_ignore_result=True,
    # If unset, Celery closes the database connection before and after each task.
    CELERY_DB_REUSE_MAX=int(os.environ.get("PEER_DB_REUSE_MAX", "0")) or None,
)


@worker_ready.connect
def say_ready(**kwargs: object) -> None:
    """The worker itself says so only at level INFO, at which it would also write a line for every task."""
    sys.stdout.write("connected and ready\n")


@app.task
def release_case(pk: int) -> None:
    """What the ETA task does."""
    from tiny.release import release_by_id

    release_by_id(pk, source="eta")
