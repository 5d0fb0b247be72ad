"""What the broker and the workers say of themselves, asked for a second at most; they may say nothing at all."""

from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from cases.core.safe_errors import describe
from portal.celery import app

logger = structlog.get_logger(__name__)

# Workers answer within milliseconds; all of this time is waited for one more of them.
PATIENCE = 0.8


@dataclass(frozen=True)
class Queue:
    """A queue, how many messages wait in it, and which workers take from it."""

    name: str
    waiting: int
    workers: list[str]


@dataclass(frozen=True)
class Answers:
    """What was said. Without `is_up` the broker did not answer, and nothing else is known."""

    is_up: bool
    queues: list[Queue] = field(default_factory=list)
    workers: list[str] = field(default_factory=list)
    held: int | None = None


def ask() -> Answers:
    """Asks the broker for its queues, and the workers which of them they take from. Never raises for a broker that is
    down or silent; takes some two seconds then."""
    options = {"max_retries": 1, "interval_start": 0, "connect_retries_timeout": 1}
    try:
        with app.connection_for_write(transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            lengths = {name: _length(connection, name) for name in _queue_names()}
            held = _held(connection)
            served = app.control.inspect(timeout=PATIENCE, connection=connection).active_queues() or {}
    except (KombuError, RedisError, OSError) as error:
        logger.warning("broker does not answer", error=describe(error))
        return Answers(is_up=False)
    takes = {worker: {queue["name"] for queue in queues} for worker, queues in served.items()}
    return Answers(
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
    # Of the transport, so that it knows about prefixes and priorities; it has no public name for "how many".
    return int(connection.default_channel._size(queue))


def _held(connection: Any) -> int | None:
    """Messages that workers have taken and not finished: running tasks, and ETA tasks that wait for their instant."""
    channel = connection.default_channel
    return int(channel.client.hlen(channel.unacked_key)) if hasattr(channel, "unacked_key") else None
