"""The two things that Django's query builder does not say: INSERT … SELECT, and many ids as one parameter."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet, Value
from django.db.models.expressions import RawSQL


def ids_as_rows(ids: Sequence[int]) -> RawSQL:
    """A subquery for `pk__in` that carries `ids` as one parameter, however many they are."""
    # As text that the database takes apart: psycopg's own way of writing an array costs a tenth of a wave.
    listed = ",".join(map(str, ids))
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", ["{" + listed + "}"])
    return RawSQL("SELECT value FROM json_each(%s)", ["[" + listed + "]"])


def insert_select(model: type[Model], rows: QuerySet[Any], columns: dict[str, Any]) -> int:
    """Inserts one row of `model` for each of `rows`, in one statement; returns how many.

    `columns` maps every column of `model` but its key (the database knows no defaults) to an expression over `rows`
    or to a plain value.
    """
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}
    if columns.keys() != fields.keys():
        raise TypeError(f"Columns of {model.__name__} missing or unknown: {fields.keys() ^ columns.keys()}")
    selected = {
        f"_{name}": value if hasattr(value, "resolve_expression") else Value(value, output_field=fields[name])
        for name, value in columns.items()
    }
    query = rows.order_by().annotate(**selected).values_list(*selected).query
    select, parameters = query.sql_with_params()
    quote = connection.ops.quote_name
    names = ", ".join(quote(fields[name].column) for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quote(model._meta.db_table)} ({names}) {select}", parameters)
        inserted: int = cursor.rowcount
    return inserted
