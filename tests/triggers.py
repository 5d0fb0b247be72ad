"""Real triggers that make a database refuse rows, on PostgreSQL and SQLite. They disappear with the test's
transaction."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

_numbers = itertools.count(1)


def refuse(table: str, event: str, condition: str, *, deferred: bool = False) -> Callable[[], None]:
    """Refuse `event` on a row of `table` for which `condition` holds. Return a function that ends this.

    `deferred` (PostgreSQL): refuse when constraints are checked, at the commit at the latest, as with foreign keys.
    """
    name = f"refuse_{next(_numbers)}"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition}"
                " BEGIN SELECT RAISE(ABORT, 'refused by a trigger'); END"
            )
            return lambda: _run(f"DROP TRIGGER {name}")
        cursor.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'refused by a trigger' USING ERRCODE = 'foreign_key_violation'; END $$"
        )
        kind, when = ("CONSTRAINT TRIGGER", "AFTER") if deferred else ("TRIGGER", "BEFORE")
        how = "DEFERRABLE INITIALLY DEFERRED" if deferred else ""
        cursor.execute(
            f"CREATE {kind} {name} {when} {event} ON {table} {how} FOR EACH ROW WHEN ({condition})"
            f" EXECUTE FUNCTION {name}()"
        )
    # Replacing the function needs no lock on the table, but dropping the trigger would.
    return lambda: _run(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    )


@contextmanager
def foreign_keys_off() -> Iterator[None]:
    """Within the block, check no foreign key (PostgreSQL), as in a restore."""
    _run("SET session_replication_role = replica")
    yield
    _run("SET session_replication_role = DEFAULT")


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
