"""UPDATE and INSERT … SELECT that are compiled once, because compiling takes most of the time of a small batch.

As in compiled queries, parameters take the place of values.
"""

from dataclasses import dataclass
from typing import Any, Self, cast

from django.db import connection
from django.db.models import Field, Model, QuerySet, TextField, Value
from django.db.models.sql import UpdateQuery

from cases.db.compiled_queries import filled


@dataclass(frozen=True)
class CompiledWrite:
    """A statement that writes rows, and its values, with parameters left open."""

    sql: str
    values: tuple[Any, ...]

    @classmethod
    def update(cls, rows: QuerySet[Any], **columns: Any) -> Self:
        """Compile what `rows.update(**columns)` runs. `rows` are of one table, unordered and unsliced."""
        query = cast(UpdateQuery, rows.order_by().query.chain(UpdateQuery))
        query.add_update_values(columns)
        sql, values = query.get_compiler(rows.db).as_sql()
        return cls(sql, tuple(values))

    @classmethod
    def insert_select(cls, model: type[Model], rows: QuerySet[Any], columns: dict[str, Any]) -> Self:
        """Compile a statement that inserts one row of `model` for each of `rows`.

        `columns` maps every column of `model` except its key to an expression over `rows`, a parameter or a plain
        value. TypeError if one is missing or unknown, because the database does not apply Django's defaults.
        """
        fields: dict[str, Any] = {
            field.attname: field for field in model._meta.concrete_fields if not field.primary_key
        }
        if columns.keys() != fields.keys():
            raise TypeError(f"Columns of {model.__name__} missing or unknown: {fields.keys() ^ columns.keys()}")
        selected = {f"_{name}": _expression(value, fields[name]) for name, value in columns.items()}
        select, values = rows.order_by().annotate(**selected).values_list(*selected).query.sql_with_params()
        quote = connection.ops.quote_name
        names = ", ".join(quote(fields[name].column) for name in columns)
        return cls(f"INSERT INTO {quote(model._meta.db_table)} ({names}) {select}", tuple(values))

    def run(self, **given: Any) -> int:
        """Run it with the values that are `given` by the names of the parameters. Return how many rows it wrote."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, filled(self.values, given))
            written: int = cursor.rowcount
        return written


def _expression(value: Any, field: Field[Any, Any]) -> Any:
    if hasattr(value, "resolve_expression"):
        return value
    # A JSON field would write a JSON null.
    return Value(value, output_field=TextField() if value is None else field)
