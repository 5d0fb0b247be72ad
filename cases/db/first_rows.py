"""The first rows of many querysets in one statement. (Django's own `union` refuses slices on SQLite.)"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def first_rows(
    querysets: Sequence[QuerySet[Any]],
    *,
    rows: int,
    cap: int,
    parts_of: Sequence[Sequence[QuerySet[Any]]] | None = None,
) -> list[tuple[list[int], int]]:
    """Return for each queryset the ids of its first `rows` rows, unordered, and how many it has, counted up to `cap`.

    `parts_of` has the parts of each queryset if no index has its rows in the wanted order. The first `rows` of each
    part are returned. Takes one statement. A queryset in the order of an index leaves the planner no other index, for
    the count too (tests/unit/selectors/test_calendar_plans.py).
    """
    selects: list[str] = []
    parameters: list[Any] = []

    def add(number: int, is_count: int, column: str, queryset: QuerySet[Any], limit: int) -> None:
        select, values = queryset.values_list("id").query.sql_with_params()
        selects.append(f"SELECT {number}, {is_count}, {column} FROM ({select} LIMIT {limit:d}) AS part")  # noqa: S608
        parameters.extend(values)

    for number, queryset in enumerate(querysets):
        add(number, 1, "COUNT(*)", queryset, cap)
        for part in parts_of[number] if parts_of else [queryset]:
            if rows:
                add(number, 0, "id", part, rows)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), parameters)
        return _by_queryset(cursor.fetchall(), len(querysets))


def _by_queryset(found: Sequence[tuple[int, int, int]], querysets: int) -> list[tuple[list[int], int]]:
    """Return the ids and the count of each queryset from rows of its number, whether it is a count, and the value."""
    ids: list[list[int]] = [[] for _ in range(querysets)]
    counts = [0] * querysets
    for number, is_count, value in found:
        if is_count:
            counts[number] = value
        else:
            ids[number].append(value)
    return list(zip(ids, counts, strict=True))


def ids_among_first(querysets: Sequence[QuerySet[Any]], *, rows: int, column: str) -> list[int]:
    """Return the ids of those of the first `rows` rows of each queryset whose `column` is more than zero.

    Takes one statement. Each queryset is in the order of an index, and reads only a bounded part of it.
    """
    selects: list[str] = []
    parameters: list[Any] = []
    for queryset in querysets:
        select, values = queryset.values_list("id", column).query.sql_with_params()
        selects.append(f"SELECT id FROM ({select} LIMIT {rows:d}) AS part WHERE {column} > 0")  # noqa: S608
        parameters.extend(values)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), parameters)
        return [pk for (pk,) in cursor.fetchall()]
