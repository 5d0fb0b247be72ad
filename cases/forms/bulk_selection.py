"""Which cases a bulk action is about: rows of a list, all that a list matches, or those that a run can change."""

from dataclasses import dataclass
from typing import Self

from django.http import QueryDict
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.errors import CaseError
from cases.forms.case_filter import CaseFilter
from cases.models import BulkRun, User
from cases.selectors import bulk_rows, case_list

# The most rows that one form sends. A list has at most 100 per page.
MAX_CHOSEN = 1_000


@dataclass(frozen=True)
class Selection:
    """The keys of the selected cases, in the order of the list.

    `query` is that of the list, to which the person returns. `fields` are what a form sends to select the same cases.
    `searched`, `matched` and `part` come from the CaseListResult and say which cases were searched.
    """

    keys: list[int]
    query: str
    fields: dict[str, str]
    searched: int | None = None
    matched: int | None = None
    part: str = ""

    @classmethod
    def of(cls, data: QueryDict, *, by: User) -> Self:
        """Read what a list or a form sends: `case` (many) or `selected`, `all` with `query`, `run` for those that a run
        can change, or `again` for all of its cases.

        CaseError if it cannot be read. Visibility is checked when a case is looked up.
        """
        query = data.get("query", "")
        if run := data.get("run"):
            return cls(_keys_of_run(run, by), query, {"run": run, "query": query})
        if again := data.get("again"):
            return cls(_keys_of_run(again, by, with_refused=True), query, {"again": again, "query": query})
        if data.get("all"):
            return cls._of_list(query, by)
        chosen = data.getlist("case") or [key for key in data.get("selected", "").split(",") if key]
        if len(chosen) > MAX_CHOSEN or not all(map(limits.is_key, chosen)):
            raise CaseError(_("This selection can't be read. Select the cases again."))
        return cls([int(key) for key in chosen], query, {"selected": ",".join(chosen), "query": query})

    @classmethod
    def unread(cls, data: QueryDict) -> Self:
        """Return an empty selection, with the form fields of `data`."""
        sent = {name: data.get(name, "") for name in ("run", "again", "all", "selected", "query") if name in data}
        return cls([], data.get("query", ""), sent)

    @classmethod
    def _of_list(cls, query: str, by: User) -> Self:
        asked = CaseFilter(QueryDict(query), by=by)
        if not asked.is_valid():
            raise CaseError(_("The filters of this list can't be read. Select the cases again."))
        # One more than can be selected shows that there are too many.
        most = limits.BULK_CASES + 1
        found = case_list.find(asked.list_query(), by, most=most)
        keys = list(found.cases.values_list("pk", flat=True)[:most])
        return cls(keys, query, {"all": "1", "query": query}, found.searched, found.matched, found.part)


def _keys_of_run(pk: str, by: User, *, with_refused: bool = False) -> list[int]:
    run = BulkRun.objects.visible_to(by).filter(pk=pk).first() if limits.is_key(pk) else None
    if run is None:
        return []
    rows = run.rows.order_by("position") if with_refused else bulk_rows.changeable(run)
    return list(rows.values_list("case_id", flat=True))
