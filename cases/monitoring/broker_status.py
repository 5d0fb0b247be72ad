"""Broker status: queues, messages and workers, queried within about two seconds."""

from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError
from redis.exceptions import RedisError, ResponseError

from cases.core.safe_errors import describe
from cases.monitoring.problems import WORKERS, Problem
from portal.celery import app

logger = structlog.get_logger(__name__)

# Workers answer within milliseconds. Celery always waits this long, in case another one answers.
ANSWER_SECONDS = 0.8


@dataclass(frozen=True)
class Queue:
    """A queue, how many messages wait in it, and which workers consume it."""

    name: str
    waiting: int
    workers: list[str]


@dataclass(frozen=True)
class BrokerStatus:
    """What broker and workers reported.

    If not `is_up`, the broker did not do what it was asked, as its `words` say, and nothing else is known. `held` is
    the number of messages that workers have taken but not finished.
    """

    is_up: bool
    words: str = ""
    is_refusing: bool = False
    queues: list[Queue] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)
    held: int | None = None

    @property
    def problems(self) -> list[Problem]:
        """What needs attention."""
        if self.is_refusing:
            return [Problem(_("Redis refuses messages. Check its memory, its disk and its password."), WORKERS)]
        if not self.is_up:
            return [Problem(_("Redis isn't responding. Check that it is running."), WORKERS)]
        text = _("No worker is responding for the queue “%(name)s”. Check that it is running.")
        return [Problem(text % {"name": queue.name}, WORKERS) for queue in self.queues if not queue.workers]


def broker_status() -> BrokerStatus:
    """Ask the broker for its queues, and the workers which of them they consume.

    A broker that is down or silent raises no error, but then this takes about two seconds.
    """
    options = {"max_retries": 1, "interval_start": 0, "connect_retries_timeout": 1}
    try:
        with app.connection_for_write(transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            lengths = {name: _length(connection, name) for name in _queue_names()}
            held = _held(connection)
            served = app.control.inspect(timeout=ANSWER_SECONDS, connection=connection).active_queues() or {}
    except (KombuError, RedisError, OSError) as error:
        words = describe(error)
        logger.warning("broker does not answer", error=words)
        return BrokerStatus(is_up=False, words=words, is_refusing=isinstance(error, ResponseError))
    takes = {worker: {queue["name"] for queue in queues} for worker, queues in served.items()}
    return BrokerStatus(
        is_up=True,
        queues=[
            Queue(name, waiting, sorted(worker for worker, names in takes.items() if name in names))
            for name, waiting in lengths.items()
        ],
        workers=sorted(takes),
        held=held,
    )


def _queue_names() -> list[str]:
    return sorted({route["queue"] for route in settings.CELERY_TASK_ROUTES.values()})


def _length(connection: Any, queue: str) -> int:
    # The transport knows about prefixes and priorities. It has no public name for "how many".
    return int(connection.default_channel._size(queue))


def _held(connection: Any) -> int | None:
    """Count the messages that workers have taken but not finished: running tasks, and waiting ETA tasks."""
    channel = connection.default_channel
    return int(channel.client.hlen(channel.unacked_key)) if hasattr(channel, "unacked_key") else None
