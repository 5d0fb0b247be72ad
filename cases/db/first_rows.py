"""The beginnings of many querysets in one statement. (Django's own `union` refuses slices on SQLite.)"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def beginnings(querysets: Sequence[QuerySet[Any]], *, rows: int, cap: int) -> list[tuple[list[int], int]]:
    """Of each queryset the ids of its first `rows` rows, in no order, and how many it has, counted up to `cap`.

    One statement for all of them. An order that is an index's leaves the planner no choice but that index, for the
    count too.
    """
    arms: list[str] = []
    parameters: list[Any] = []
    for number, queryset in enumerate(querysets):
        select, values = queryset.values_list("id").query.sql_with_params()
        arms.append(f"SELECT {number}, 0, id FROM ({select} LIMIT {rows:d}) AS beginning")  # noqa: S608
        arms.append(f"SELECT {number}, 1, COUNT(*) FROM ({select} LIMIT {cap:d}) AS beginning")  # noqa: S608
        parameters += [*values, *values]
    ids: list[list[int]] = [[] for _ in querysets]
    counts = [0 for _ in querysets]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(arms), parameters)
        for number, is_count, value in cursor.fetchall():
            if is_count:
                counts[number] = value
            else:
                ids[number].append(value)
    return list(zip(ids, counts, strict=True))
