"""A transaction that may take so long in all, however many locks it waits for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction


@contextmanager
def transaction_within(seconds: float) -> Iterator[None]:
    """A transaction that raises OperationalError when its statements together have taken `seconds`."""
    if connection.vendor == "sqlite":
        with _busy_timeout(seconds), transaction.atomic():
            yield
        return
    with transaction.atomic():
        with connection.execute_wrapper(_TimeLeft(seconds)):
            yield
        # For the transaction around this one, if there is one: it goes on.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")


class _TimeLeft:
    """Before each statement, tells PostgreSQL how much is left of the time for all of them.

    `lock_timeout` counts anew for each lock, and so does `statement_timeout` for each statement.
    """

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        # After an error the server takes nothing else until the savepoint is rolled back.
        if not sql.startswith("ROLLBACK"):
            left = round(1000 * (self._ends - time.monotonic()))
            if left <= 0:
                raise OperationalError("The time for this transaction is over.")
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {left}")
        return execute(sql, params, many, context)


@contextmanager
def _busy_timeout(seconds: float) -> Iterator[None]:
    """How long SQLite waits for the other writer. It has one lock, which a transaction takes when it begins."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")
