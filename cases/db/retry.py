"""Store what has happened outside the database, even if its connection is lost in the meantime."""

import functools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection

from cases.db.backoff import Backoff

logger = structlog.get_logger(__name__)

RECONNECT = Backoff(first=timedelta(seconds=0.1), longest=timedelta(seconds=2))

P = ParamSpec("P")
T = TypeVar("T")


def retry_until_stored(patience: Callable[[], timedelta]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function to be retried on a new connection, for up to `patience`, while the database does not respond.

    Its one transaction must be safe to run twice. After `patience`, or inside another transaction, the error is raised.
    """

    def decorate(store: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(store)
        def stored(*args: P.args, **kwargs: P.kwargs) -> T:
            ends = time.monotonic() + patience().total_seconds()
            failures = 0
            while True:
                pause = RECONNECT.delay(failures).total_seconds()
                try:
                    return store(*args, **kwargs)
                except (OperationalError, InterfaceError) as error:
                    if connection.in_atomic_block or time.monotonic() + pause >= ends:
                        raise
                    logger.warning("not stored, trying again", what=store.__name__, error=type(error).__name__)
                    connection.close()
                time.sleep(pause)
                failures += 1

        return stored

    return decorate
