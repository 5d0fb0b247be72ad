"""Write many rows together although the database may reject some of them. These are found by halving."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

# These are about the server or the connection, never about a row. All rows must be tried again.
NOT_A_ROWS_FAULT = (OperationalError, InterfaceError)
Row = TypeVar("Row")


def write_or_bisect(
    rows: Sequence[Row],
    write: Callable[[Sequence[Row]], object],
    *,
    faults: tuple[type[Exception], ...] = (DatabaseError,),
) -> list[tuple[Row, Exception]]:
    """Call `write` with `rows` under a savepoint, and with halves of them after an error among `faults`.

    Return the rows that are not written, each with its error.
    """
    if not rows:
        return []
    try:
        with transaction.atomic():
            write(rows)
            if connection.vendor == "postgresql":
                # Otherwise foreign keys would be checked at the outer commit, after this savepoint. SQLite could only
                # check those of all tables.
                connection.check_constraints()
    except NOT_A_ROWS_FAULT:
        raise
    except faults as error:
        if len(rows) == 1:
            return [(rows[0], error)]
        middle = len(rows) // 2
        return [each for half in (rows[:middle], rows[middle:]) for each in write_or_bisect(half, write, faults=faults)]
    return []
