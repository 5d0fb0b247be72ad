"""Writing down what has happened outside, over the loss of the database's connection."""

import functools
import time
from collections.abc import Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection

logger = structlog.get_logger(__name__)

FIRST_PAUSE = 0.1
LAST_PAUSE = 2.0

P = ParamSpec("P")
T = TypeVar("T")


def repeated_until_stored(patience: Callable[[], timedelta]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """For a function whose one transaction may run twice: it is called again, on a new connection, while the database
    does not answer, for `patience`. Then, or inside of a transaction, the error is raised."""

    def decorate(store: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(store)
        def stored(*args: P.args, **kwargs: P.kwargs) -> T:
            ends = time.monotonic() + patience().total_seconds()
            pause = FIRST_PAUSE
            while True:
                try:
                    return store(*args, **kwargs)
                except (OperationalError, InterfaceError) as error:
                    if connection.in_atomic_block or time.monotonic() + pause >= ends:
                        raise
                    logger.warning("not stored, is tried again", what=store.__name__, error=type(error).__name__)
                    connection.close()
                time.sleep(pause)
                pause = min(2 * pause, LAST_PAUSE)

        return stored

    return decorate
