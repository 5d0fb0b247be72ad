"""A transaction with a time limit for all of its statements together, however many locks it waits for."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction


@contextmanager
def transaction_within(seconds: float) -> Iterator[None]:
    """Open a transaction that raises OperationalError when its statements together have taken `seconds`."""
    if connection.vendor == "sqlite":
        with sqlite_busy_timeout(seconds), transaction.atomic():
            yield
        return
    with transaction.atomic():
        with connection.execute_wrapper(_TimeLeft(seconds)):
            yield
        # A transaction around this one continues without the limit.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")


class _TimeLeft:
    """Before each statement, tell PostgreSQL how much time is left, because `lock_timeout` starts again for each lock,
    and `statement_timeout` for each statement.
    """

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        # After an error the server accepts nothing else until the savepoint is rolled back.
        if not sql.startswith("ROLLBACK"):
            left = round(1000 * (self._ends - time.monotonic()))
            if left <= 0:
                raise OperationalError("The time for this transaction is over.")
            database = context["connection"]
            # The driver's own cursor: Django's would come back here. Its errors would be the driver's, too.
            with database.wrap_database_errors, database.connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {left}")
        return execute(sql, params, many, context)


@contextmanager
def sqlite_busy_timeout(seconds: float) -> Iterator[None]:
    """Let SQLite wait for another writer no longer than `seconds`, and then raise OperationalError.

    SQLite has one lock, which a transaction takes when it begins. Other databases are left as they are.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")
