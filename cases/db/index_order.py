"""Orders that leave the database only one index to read along."""

from typing import Any, TypeVar

from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet

from cases.db.compiled_queries import UnseenParameter

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


def order_along_index(rows: Rows, column: str, value: Any, by: tuple[Any, ...], forwards: bool) -> Rows:
    """Return the rows with that value, ordered `by`. An index on `column` and `by` must exist.

    The range and the column in the order leave PostgreSQL's planner no other index. With an equality it may walk all
    rows by age, expecting to meet enough matches soon. Asserted in tests/unit/selectors: test_case_list_plans.py and
    test_telling_plans.py.
    """
    these: dict[str, Any]
    if value is None:
        these = {f"{column}__isnull": True}
    elif connection.vendor == "postgresql" and isinstance(value, UnseenParameter):
        these = {f"{column}__gte": value}
        rows = rows.filter(_is_at_most(column, value))
    elif connection.vendor == "postgresql":
        these = {f"{column}__gte": value, f"{column}__lte": value}
    else:
        these = {column: value}  # SQLite uses this index for an equality, and another one for a range
    return rows.filter(**these).order_by(column if forwards else f"-{column}", *by)


def _is_at_most(column: str, value: UnseenParameter) -> Func:
    """Return the upper bound of a range of an index, `value`, as the only element of an array.

    Between two bounds that it does not see and takes for a pair, PostgreSQL's planner expects few rows: it may read and
    sort all of them, however many they are.
    """
    template = "%(expressions)s])"
    return Func(F(column), value, template=template, arg_joiner=" <= ANY (ARRAY[", output_field=BooleanField())
