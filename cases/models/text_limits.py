"""Bounds of stored texts."""

from typing import Any

from django.db import models
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual

from cases import limits


class TextLimits(models.BaseConstraint):
    """Keeps each text of a table within the `max_length` of its field.

    PostgreSQL does it by the column's type, which costs nothing when another column is updated: a wave must not measure
    the description of every case. SQLite takes any text for any type, so there it is a CHECK of all columns. It is
    written out of the model, and written anew whenever a field is added or altered.
    """

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """The part of CREATE TABLE; None on PostgreSQL."""
        if schema_editor.connection.vendor != "sqlite":
            return None
        columns = [
            f"length({schema_editor.quote_name(field.column)}) <= {field.max_length}"
            for field in model._meta.local_concrete_fields
            if isinstance(field, models.CharField | models.FileField)
        ]
        check = schema_editor.sql_check_constraint % {"check": " AND ".join(columns)}
        return schema_editor.sql_constraint % {"name": schema_editor.quote_name(self.name), "constraint": check}

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """None: SQLite makes the table again for it, and PostgreSQL has nothing to do."""

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """None, likewise."""

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The fields have validators of their own."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextLimits) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


def facts_limit(name: str, column: str, longest: int = limits.FACTS) -> models.CheckConstraint:
    """Keeps the JSON in `column` within so many letters."""
    text = Cast(column, output_field=models.TextField())
    return models.CheckConstraint(name=name, condition=LessThanOrEqual(Length(text), longest))
