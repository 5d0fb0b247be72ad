"""The rows of a run, for pages. Anyone who may know about the run may know about its cases."""

from django.db.models import Count, Q, QuerySet

from cases.models import BulkRow, BulkRun

Code = BulkRow.Code
# A case that already has its new date can also get another one.
CAN_BE_CHANGED = Q(verdict__in=[Code.WILL, Code.UNCHANGED])


def changeable(run: BulkRun) -> QuerySet[BulkRow]:
    """Return the rows of `run` whose cases it changes, or that already are as they would become, in the order of the
    selection."""
    return run.rows.filter(CAN_BE_CHANGED).order_by("position")


def rows_of(run: BulkRun, code: str = "") -> QuerySet[BulkRow]:
    """Return the rows of `run` with their cases, in the order of the selection.

    `code`: only those with this result, or with this verdict while they have no result.
    """
    rows = run.rows.select_related("case__member", "case__assigned_to").order_by("position")
    return rows.filter(Q(result=code) | Q(result="", verdict=code)) if code else rows


def counts(run: BulkRun) -> dict[str, int]:
    """Return the number of rows for each code. A run has at most limits.BULK_CASES rows."""
    found: dict[str, int] = {}
    for verdict, result, count in run.rows.order_by().values_list("verdict", "result").annotate(count=Count("pk")):
        found[result or verdict] = found.get(result or verdict, 0) + count
    return found


def count_lapsing(run: BulkRun) -> int:
    """Return in how many rows of `run` an approval will be needed again."""
    return run.rows.filter(verdict=Code.WILL, before__lapses=True).count()
