"""SQL that Django's query builder does not have: INSERT … SELECT, ids as one parameter, a digest, a quick commit."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import SHA256


def ids_as_rows(ids: Sequence[int]) -> RawSQL:
    """Return a subquery for `pk__in` that passes `ids` as one parameter, however many they are."""
    # As text that the database parses: how psycopg writes an array costs a tenth of a wave.
    listed = ",".join(map(str, ids))
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", ["{" + listed + "}"])
    return RawSQL("SELECT value FROM json_each(%s)", ["[" + listed + "]"])


def insert_select(model: type[Model], rows: QuerySet[Any], columns: dict[str, Any]) -> int:
    """Insert one row of `model` for each of `rows`, in one statement. Return how many.

    `columns` maps every column of `model` except its key to an expression over `rows` or to a plain value. TypeError
    where one is missing or unknown: the database applies no defaults of Django's.
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
    # A JSON field would write null as JSON.
    return Value(value, output_field=TextField() if value is None else field)


class Digest(SHA256):
    """SHA-256 in hexadecimal, with PostgreSQL's own function. Django's needs the extension pgcrypto."""

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')"
        return self.as_sql(compiler, connection, template=template, **extra)


def execute_with_async_commit(statement: str, parameters: Sequence[Any]) -> None:
    """Run one statement in one round trip. PostgreSQL acknowledges its commit before it is on disk.

    Others see it at once, and it survives the end of this process. A crash of the database server may undo commits of
    the last fraction of a second, unless a usual commit followed. Inside another transaction that one's commit counts.
    SQLite in WAL mode treats every commit like this.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        # Statements sent together are one transaction.
        statement = f"SET LOCAL synchronous_commit = off; {statement}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
