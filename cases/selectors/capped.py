"""Counts that do not grow with the table."""

from dataclasses import dataclass
from typing import Any, Self

from django.db.models import QuerySet

from cases.core.numbers import capped

MOST = 1000


@dataclass(frozen=True)
class Capped:
    """A number of rows, of which no more than MOST + 1 were looked at."""

    number: int

    @classmethod
    def of(cls, rows: QuerySet[Any]) -> Self:
        """How many `rows` there are. One statement; keeps their order, which names the index to be read."""
        return cls(rows.values("pk")[: MOST + 1].count())

    def __bool__(self) -> bool:
        return self.number > 0

    def __str__(self) -> str:
        return capped(self.number, MOST)
