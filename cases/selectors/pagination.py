"""Pages of long lists, and counts that do not grow with the table."""

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from cases.core import numbers
from cases.models import Case

MOST = 1000
PER_PAGE = 25


def capped(count: int) -> str:
    """A number of cases for people, "1,000+" beyond a thousand: to count on would touch every row."""
    return numbers.capped(count, MOST)


class CappedPaginator(Paginator[Case]):
    """Pages over the first thousand cases; whoever looks for others searches or filters."""

    def __init__(self, cases: QuerySet[Case]) -> None:
        super().__init__(cases, PER_PAGE)
        found = _count_up_to(cases, MOST + 1)
        self.is_capped = found > MOST
        self._count = min(found, MOST)

    @property
    def count(self) -> int:
        return self._count

    def page(self, number: int | str) -> Page[Case]:
        """A full page of what there is now. Django's own ends where the count did, and what has come since at the top
        would push as much off the bottom of the last page."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        return Page(self.object_list[first : min(first + self.per_page, MOST)], number, self)


def _count_up_to(cases: QuerySet[Case], limit: int) -> int:
    # In the order of the list, so that both go along the same index.
    return cases.values("pk")[:limit].count()
