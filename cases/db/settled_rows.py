"""The key up to which a table is settled: no running transaction can still add a row below it."""

import time
from typing import Any

from django.db import connection, models

PAUSE = 0.1
# A transaction takes this lock before the first key, and keeps it until it ends.
WRITERS = """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND relation = %s::regclass
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND pid IS DISTINCT FROM pg_backend_pid()
"""


def last_settled_key(model: type[models.Model], *, patience: float) -> int | None:
    """Return the last key of `model` below which no more rows can be added, or 0 for an empty table.

    On PostgreSQL a sequence assigns keys before the commit, so a lower one may be committed later. Wait up to
    `patience` seconds for transactions that are writing now, and return None if one is still running. SQLite has one
    writer at a time.
    """
    last: int = model._default_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
    if connection.vendor != "postgresql" or not last:
        return last
    return last if _have_ended(_writers(model), model, patience) else None


def _have_ended(writers: set[Any], model: type[models.Model], patience: float) -> bool:
    until = time.monotonic() + patience
    while writers and time.monotonic() < until:
        time.sleep(PAUSE)
        writers &= _writers(model)
    return not writers


def _writers(model: type[models.Model]) -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [model._meta.db_table])
        return {writer for (writer,) in cursor.fetchall()}
