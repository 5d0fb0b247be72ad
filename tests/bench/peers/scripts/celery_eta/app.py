"""Celery as its documentation sets it up for Django and Redis; one ETA task a case."""

import os

from celery import Celery

app = Celery("celery_eta")
app.conf.update(
    broker_url=os.environ["PEER_REDIS_URL"],
    broker_connection_retry_on_startup=True,
    # Longer than the farthest ETA, as the page on Redis asks for.
    broker_transport_options={"visibility_timeout": 3600},
    task_ignore_result=True,
    # Unset, Celery closes the database connection before and after each task.
    CELERY_DB_REUSE_MAX=int(os.environ.get("PEER_DB_REUSE_MAX", "0")) or None,
)


@app.task
def release_case(pk: int) -> None:
    """What the ETA task does."""
    from tiny.release import release_by_id

    release_by_id(pk, source="eta")
