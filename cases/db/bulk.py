"""What Django's query builder does not say: INSERT … SELECT, many ids as one parameter, a digest, a quick commit."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Field, Model, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import SHA256


def ids_as_rows(ids: Sequence[int]) -> RawSQL:
    """A subquery for `pk__in` that carries `ids` as one parameter, however many they are."""
    # As text that the database takes apart: psycopg's own way of writing an array costs a tenth of a wave.
    listed = ",".join(map(str, ids))
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", ["{" + listed + "}"])
    return RawSQL("SELECT value FROM json_each(%s)", ["[" + listed + "]"])


@contextmanager
def sqlite_waits(milliseconds: int) -> Iterator[None]:
    """Within it SQLite waits for another writer no longer than this, and then raises OperationalError."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {int(milliseconds)}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")


def insert_select(model: type[Model], rows: QuerySet[Any], columns: dict[str, Any]) -> int:
    """Inserts one row of `model` for each of `rows`, in one statement; returns how many.

    `columns` maps every column of `model` but its key (the database knows no defaults) to an expression over `rows`
    or to a plain value.
    """
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}
    if columns.keys() != fields.keys():
        raise TypeError(f"Columns of {model.__name__} missing or unknown: {fields.keys() ^ columns.keys()}")
    selected = {f"_{name}": _expression(value, fields[name]) for name, value in columns.items()}
    query = rows.order_by().annotate(**selected).values_list(*selected).query
    select, parameters = query.sql_with_params()
    quote = connection.ops.quote_name
    names = ", ".join(quote(fields[name].column) for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({names}) {select}", parameters)
        inserted: int = cursor.rowcount
    return inserted


def _expression(value: Any, field: Field[Any, Any]) -> Any:
    if hasattr(value, "resolve_expression"):
        return value
    # A JSON field would write the JSON value null.
    return Value(value, output_field=TextField() if value is None else field)


class Digest(SHA256):
    """SHA-256 in hexadecimal, by what PostgreSQL brings along; Django's wants its extension pgcrypto."""

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')"
        return self.as_sql(compiler, connection, template=template, **extra)


def execute_without_waiting_for_the_disk(statement: str, parameters: Sequence[Any]) -> None:
    """Runs one statement whose commit PostgreSQL acknowledges before it is on disk; in one round trip.

    Others see it at once, and it outlives whoever wrote it. A crash of the database server may undo what was committed
    so within the last fraction of a second, unless something was committed later in the usual way. Inside another
    transaction it is that one's commit that counts. SQLite in WAL mode treats every commit like this.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        # Statements sent together are one transaction.
        statement = f"SET LOCAL synchronous_commit = off; {statement}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
