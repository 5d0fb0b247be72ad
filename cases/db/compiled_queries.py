"""Statements that Django writes once: for the pages of many people the writing takes longer than the answer.

They are made of querysets that were built for `SOMEBODY`, `SOME_DAY` and `SOME_MOMENT`, and asked for one person after
the other.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Self

from django.db import connection
from django.db.models import QuerySet

# What no row has. They stand for the person, a date and an aware datetime while a statement is written.
SOMEBODY = -1
SOME_DAY = dt.date(1, 1, 1)
SOME_MOMENT = dt.datetime(2, 2, 2, tzinfo=dt.UTC)

Part = QuerySet[Any, Any]


@dataclass(frozen=True)
class Prepared:
    """A statement with the places of the person, the day and the moment left open."""

    sql: str
    parameters: tuple[Any, ...]

    @classmethod
    def rows_of(cls, *parts: Part) -> Self:
        """The rows of all `parts`, one part after the other, each row with the number of its part before it."""
        # PostgreSQL appends the parts in their order: it runs none in parallel that has a LIMIT.
        return cls._written("SELECT {number}, part.* FROM ({select}) AS part", parts)

    @classmethod
    def counts_of(cls, *parts: Part) -> Self:
        """For each of `parts` its number and how many rows it has."""
        return cls._written("SELECT {number}, count(*) FROM ({select}) AS part", parts)

    @classmethod
    def _written(cls, template: str, parts: tuple[Part, ...]) -> Self:
        # Wrapped in a SELECT of its own, because SQLite takes no LIMIT in a part of a union.
        written = [part.query.sql_with_params() for part in parts]
        selects = [template.format(number=number, select=select) for number, (select, _) in enumerate(written)]
        return cls(" UNION ALL ".join(selects), tuple(value for _, values in written for value in values))

    def ask(self, person: int, *, day: dt.date = SOME_DAY, moment: dt.datetime = SOME_MOMENT) -> list[tuple[Any, ...]]:
        """The rows for the person with the key `person`, that `day`, and that aware `moment`."""
        as_date, as_moment = connection.ops.adapt_datefield_value, connection.ops.adapt_datetimefield_value
        places = {
            SOMEBODY: person,
            as_date(SOME_DAY): as_date(day),
            as_moment(SOME_MOMENT): as_moment(moment),
        }
        with connection.cursor() as cursor:
            cursor.execute(self.sql, [places.get(value, value) for value in self.parameters])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
