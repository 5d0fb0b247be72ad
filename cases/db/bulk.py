"""SQL that Django's query builder lacks: ids as one parameter, a digest, a quick commit."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL
from django.db.models.functions import SHA256


def ids_as_rows(ids: Sequence[int]) -> RawSQL:
    """Return a subquery for `pk__in` that passes `ids` as one parameter, however many they are."""
    return listed_rows(id_list(ids))


def id_list(ids: Sequence[int]) -> str:
    """Return `ids` as the text that `listed_rows` takes."""
    # The database parses it, because psycopg's way of writing an array costs a tenth of a wave.
    listed = ",".join(map(str, ids))
    return "{" + listed + "}" if connection.vendor == "postgresql" else "[" + listed + "]"


def listed_rows(listed: object) -> RawSQL:
    """Return the subquery of `ids_as_rows` for an `id_list`, or for a parameter of a compiled statement."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [listed])
    return RawSQL("SELECT value FROM json_each(%s)", [listed])


class Digest(SHA256):
    """SHA-256 in hexadecimal, with PostgreSQL's own function. Django's needs the extension pgcrypto."""

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')"
        return self.as_sql(compiler, connection, template=template, **extra)


def execute_with_async_commit(statement: str, parameters: Sequence[Any]) -> None:
    """Run one statement in one round trip.

    PostgreSQL acknowledges its commit before it is on disk. Others see it immediately, and it survives the end of this
    process. A crash of the database server may undo commits of the last fraction of a second, unless a regular commit
    followed. Inside another transaction, that transaction's commit counts. SQLite in WAL mode treats every commit like
    this.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        # Statements sent together are one transaction.
        statement = f"SET LOCAL synchronous_commit = off; {statement}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
