"""The first rows of many querysets in one statement. (Django's own `union` refuses slices on SQLite.)"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def first_rows(querysets: Sequence[QuerySet[Any]], *, rows: int, cap: int) -> list[tuple[list[int], int]]:
    """Return for each queryset the ids of its first `rows` rows, unordered, and how many it has, counted up to `cap`.

    Takes one statement. A queryset in the order of an index leaves the planner no other index, for the count too
    (tests/unit/selectors/test_calendar_plans.py).
    """
    parts: list[str] = []
    parameters: list[Any] = []
    for number, queryset in enumerate(querysets):
        select, values = queryset.values_list("id").query.sql_with_params()
        parts.append(f"SELECT {number}, 0, id FROM ({select} LIMIT {rows:d}) AS part")  # noqa: S608
        parts.append(f"SELECT {number}, 1, COUNT(*) FROM ({select} LIMIT {cap:d}) AS part")  # noqa: S608
        parameters += [*values, *values]
    ids: list[list[int]] = [[] for _ in querysets]
    counts = [0 for _ in querysets]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        for number, is_count, value in cursor.fetchall():
            if is_count:
                counts[number] = value
            else:
                ids[number].append(value)
    return list(zip(ids, counts, strict=True))
