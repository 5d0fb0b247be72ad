"""Pages of long lists, and counts that stop at MAX_COUNTED, because counting further would read every row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet

from cases.core.limits import is_key
from cases.core.numbers import capped

MAX_COUNTED = 1000
PER_PAGE = 25
RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True)
class CappedCount:
    """A number of rows, counted up to MAX_COUNTED + 1. As text it is "1,000+" beyond MAX_COUNTED."""

    number: int

    @classmethod
    def of(cls, rows: QuerySet[Any]) -> Self:
        """Count `rows` in one statement. It keeps their order, which names the index to read."""
        return cls(rows.values("pk")[: MAX_COUNTED + 1].count())

    @property
    def is_capped(self) -> bool:
        """Whether there are more than MAX_COUNTED."""
        return self.number > MAX_COUNTED

    def __bool__(self) -> bool:
        return self.number > 0

    def __str__(self) -> str:
        return capped(self.number, MAX_COUNTED)


class CappedPaginator(Paginator[RowT]):
    """Pages over the first MAX_COUNTED rows, such as cases or people. To reach others, people search or filter."""

    def __init__(self, rows: QuerySet[RowT], per_page: int = PER_PAGE) -> None:
        super().__init__(rows, per_page)
        found = CappedCount.of(rows)
        self.is_capped = found.is_capped
        self._count = min(found.number, MAX_COUNTED)

    @property
    def count(self) -> int:
        return self._count

    def page(self, number: int | str) -> Page[RowT]:
        """Return a full page of the present rows.

        Django's own page ends where the count did, so rows added at the top since would push others off the last page.
        """
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        return Page(self.object_list[first : min(first + self.per_page, MAX_COUNTED)], number, self)


def page_numbers(page: Page[Any]) -> Iterator[int | str]:
    """Return the numbers of the pages that are offered beside `page`, with gaps."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


def latest_of(rows: QuerySet[RowT], most: int, *, before: str) -> tuple[list[RowT], int | None]:
    """Return the latest `most` of `rows`, oldest first, and the key before which there are more; None: there are none.

    `before`: of those before the row with that key. What is no key stands for the end.
    """
    if is_key(before):
        rows = rows.filter(pk__lt=int(before))
    latest = list(rows.order_by("-pk")[: most + 1])
    shown = latest[:most][::-1]
    return shown, shown[0].pk if len(latest) > most else None
