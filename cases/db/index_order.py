"""An order that leaves the database one index to read along."""

from typing import Any, TypeVar

from django.db import connection
from django.db.models import QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


def order_along_index(rows: Rows, column: str, value: Any, by: tuple[Any, ...], forwards: bool) -> Rows:
    """Return the rows with that value, ordered `by`. An index on `column` and `by` must exist.

    The range and the column in the order leave PostgreSQL's planner no other index. With an equality it may walk all
    rows by age, expecting to meet enough matches soon. Asserted in tests/unit/selectors: test_case_list_plans.py and
    test_telling_plans.py.
    """
    if value is None:
        these = {f"{column}__isnull": True}
    elif connection.vendor == "postgresql":
        these = {f"{column}__gte": value, f"{column}__lte": value}
    else:
        these = {column: value}  # SQLite uses this index for an equality, and another one for a range
    return rows.filter(**these).order_by(column if forwards else f"-{column}", *by)
