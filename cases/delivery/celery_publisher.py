"""Publish messages to the workers by task name. They are hints, never the truth (docs/rules.md, 1 and 7).

A failed publish is logged and forgotten: the sweep finds the work in the database.
"""

import datetime as dt
import time
from typing import Any

import structlog
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from cases.core.safe_errors import describe

# Not celery.current_app: in each thread, that is the application created last.
from portal.celery import app

logger = structlog.get_logger(__name__)

# After a failure nothing is tried for this long, so that a request with many messages waits once, not for each.
PAUSE_AFTER_FAILURE = 5.0
_silent_until = 0.0


def publish_wake_up(*, case_id: int, revision: int, at: dt.datetime) -> bool:
    """Publish the ETA task of a case's schedule revision, for the aware datetime `at`. Return whether it succeeded."""
    return _publish(
        "tasks.releases.release_case",
        args=[case_id, revision],
        eta=at,
        task_id=f"release-{case_id}-{revision}",
    )


def publish_mail_waiting(*, in_seconds: int = 0) -> bool:
    """Tell the mail workers that emails are waiting, or will be in `in_seconds`. Return whether it succeeded."""
    return _publish("tasks.emails.send_release_emails", **({"countdown": in_seconds} if in_seconds else {}))


def publish_bulk_waiting() -> bool:
    """Tell the workers that a bulk operation is waiting. Return whether it succeeded."""
    return _publish("tasks.bulk.work_off_runs")


def publish_sweep() -> bool:
    """Have a sweep run immediately. Return whether it succeeded."""
    return _publish("tasks.releases.sweep")


def _publish(task: str, **options: Any) -> bool:
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        app.send_task(task, **options)
    except (KombuError, RedisError, OSError) as error:
        _silent_until = time.monotonic() + PAUSE_AFTER_FAILURE
        logger.warning("broker did not take a message; the sweep will do its work", task=task, error=describe(error))
        return False
    return True
