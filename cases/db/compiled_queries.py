"""Statements that Django compiles once and runs many times, because compiling one takes longer than running it.

Build the querysets with these parameters where the values go, compile them once, and fetch with the values.
The plans of these statements are asserted in tests/unit/selectors: test_dashboard.py, test_case_list_plans.py and
test_telling_plans.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import psycopg
from django.db import connection
from django.db.models import BigIntegerField, DateField, DateTimeField, Field, QuerySet, TimeField, Value

Part = QuerySet[Any, Any]


class Parameter(Value):
    """A place in a compiled statement. Use it in a queryset like any value. It is filled in when the statement runs.

    The value is given by the parameter's name, and prepared for the database by its field.
    """

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(name, output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return a placeholder, and this object as the value to fill in later."""
        return "%s", (self,)


class UnseenParameter(Parameter):
    """A parameter whose value PostgreSQL's planner does not see, so that it keeps one plan for all values."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return a subquery, whose row the planner does not look at, and this object."""
        placeholder, values = super().as_sql(compiler, connection)
        return f"(SELECT {placeholder})", values


PERSON = Parameter("person", BigIntegerField())
ANY_PERSON = UnseenParameter("person", BigIntegerField())
DAY = Parameter("day", DateField())
TIME = Parameter("time", TimeField())
MOMENT = Parameter("moment", DateTimeField())
SINCE = Parameter("since", DateTimeField())
LIMIT = Parameter("limit", BigIntegerField())


@dataclass(frozen=True)
class CompiledQuery:
    """A statement and its values, with parameters left open.

    PostgreSQL keeps the plan of one that `is_prepared`, for as long as the connection lasts. Otherwise it plans for the
    values that it gets.
    """

    sql: str
    values: tuple[Any, ...]
    is_prepared: bool = False

    @classmethod
    def limited(cls, rows: Part) -> Self:
        """Compile `rows`, which may lock what they return. Their number is the parameter "limit"."""
        sql, values = rows.query.sql_with_params()
        return cls(f"{sql} LIMIT %s", (*values, LIMIT))

    @classmethod
    def rows_of(cls, *parts: Part) -> Self:
        """Compile a statement that returns the rows of all `parts`, in order, each after the number of its part."""
        # PostgreSQL appends the parts in their order, because it does not run parts with a LIMIT in parallel.
        return cls._compiled("SELECT {number}, part.* FROM ({select}) AS part", parts)

    @classmethod
    def counts_of(cls, *parts: Part) -> Self:
        """Compile a statement that returns for each of `parts` its number and how many rows it has."""
        return cls._compiled("SELECT {number}, count(*) FROM ({select}) AS part", parts)

    @classmethod
    def prepared_count_of(cls, part: Part) -> Self:
        """Compile a statement that returns 0 and how many rows of `part` have a value in their column `counted`.

        Its parameter is ANY_PERSON.
        """
        return replace(
            cls._compiled("SELECT {number}, count(counted) FROM ({select}) AS part", (part,)), is_prepared=True
        )

    @classmethod
    def _compiled(cls, template: str, parts: tuple[Part, ...]) -> Self:
        # Each part is wrapped in a SELECT of its own, because SQLite allows no LIMIT in a part of a union.
        compiled = [part.query.sql_with_params() for part in parts]
        selects = [template.format(number=number, select=select) for number, (select, _) in enumerate(compiled)]
        return cls(" UNION ALL ".join(selects), tuple(value for _, values in compiled for value in values))

    def fetch(self, **given: Any) -> list[tuple[Any, ...]]:
        """Return the rows for the values that are `given` by the names of the parameters.

        They are the key of a person, a day and a time of the portal's clock, and aware moments. KeyError if a parameter
        of the statement is not given.
        """
        with connection.cursor() as cursor:
            if self.is_prepared and connection.vendor == "postgresql" and not connection.queries_logged:
                # Django's own cursor writes the values into the statement, which a log shows, and no plan is kept.
                cursor.cursor = psycopg.Cursor(connection.connection)
            cursor.execute(self.sql, filled(self.values, given))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def filled(values: Sequence[Any], given: Mapping[str, Any]) -> list[Any]:
    """Return the `values` of a statement with those `given` in place of its parameters. KeyError if one is missing."""
    return [
        value.output_field.get_db_prep_value(given[value.name], connection) if isinstance(value, Parameter) else value
        for value in values
    ]
