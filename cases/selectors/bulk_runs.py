"""Reads for the pages of bulk runs: the runs of a person, and the rows of one."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.core.clock import portal_now
from cases.models import BulkRow, BulkRun, User
from cases.releases import bulk
from cases.selectors import bulk_rows
from cases.selectors.pagination import MAX_COUNTED, CappedCount

Code = BulkRow.Code
TO_DO = Q(verdict=Code.WILL)
PER_PAGE = 50
# More than these, no one remembers.
MAX_PREVIEWS = 5


@dataclass(frozen=True)
class Tab:
    """Some rows of a run: their key in the address, their label, and how many there are."""

    key: str
    label: "str | Promise"
    count: int
    rows: Q


def tabs(run: BulkRun) -> list[Tab]:
    """Return the tabs for the rows of `run`, which differ before and after it starts. The counts cost nothing."""
    everything = Tab("", _("All"), run.total, Q())
    stays = run.total - run.to_do
    if run.state == BulkRun.State.PREVIEWED:
        return [
            everything,
            Tab("changes", _("Will change"), run.to_do, TO_DO),
            Tab("stays", _("Won't change"), stays, ~TO_DO),
        ]
    waiting = Tab("waiting", _("Waiting"), run.to_do - run.worked, TO_DO & Q(result=""))
    return [
        everything,
        Tab("changed", _("Changed"), run.changed, TO_DO & Q(result=Code.DONE)),
        *([waiting] if run.is_open else []),
        Tab("left", _("Skipped"), run.worked - run.changed, TO_DO & ~Q(result__in=["", Code.DONE])),
        Tab("stays", _("Not changed"), stays, ~TO_DO),
    ]


class CountedPaginator(Paginator[Any]):
    """Pages of rows with a known count."""

    def __init__(self, rows: QuerySet[Any], count: int) -> None:
        super().__init__(rows, PER_PAGE)
        self._count = count

    @property
    def count(self) -> int:
        return self._count


def pages_of_rows(run: BulkRun, tab: Tab, *, why: str = "") -> Paginator[BulkRow]:
    """Return the rows of `run` on that tab, in the order of the selection, page by page. `why`: only rows with that
    code."""
    if why:
        return Paginator(bulk_rows.rows_of(run, why), PER_PAGE)
    return CountedPaginator(bulk_rows.rows_of(run).filter(tab.rows), tab.count)


@dataclass(frozen=True)
class RefusalCount:
    """The number of rows refused for one kind of reason."""

    code: str
    label: "str | Promise"
    count: int


def reasons(run: BulkRun) -> list[RefusalCount]:
    """Return the kinds of reasons of the refused rows, most frequent first. None while the run is being processed."""
    if run.is_open or run.changed == run.total:
        return []
    counts = sorted(bulk_rows.counts(run).items(), key=lambda each: -each[1])
    return [RefusalCount(code, Code(code).label, count) for code, count in counts if code not in (Code.WILL, Code.DONE)]


def drawn_as(row: BulkRow, run: BulkRun) -> str:
    """Return how a row is drawn: `ok`, `wait` or `no`."""
    if row.is_refused:
        return "no"
    return "wait" if row.code == Code.WILL and run.state != BulkRun.State.PREVIEWED else "ok"


def told_rows(run: BulkRun) -> Iterator[tuple[BulkRow, str, str]]:
    """Yield each row of `run` with the label of its code and its description."""
    for row in bulk_rows.rows_of(run):
        yield row, str(Code(row.code).label), row.words or bulk.told(row, run)


def runs_for(user: User) -> QuerySet[BulkRun]:
    """Return the runs that `user` may know about, latest first, with the person of each."""
    return BulkRun.objects.visible_to(user).select_related("by", "undoes").order_by("-pk")


def previews_of(user: User) -> list[BulkRun]:
    """Return the latest previews of `user` that they can still start."""
    since = portal_now() - dt.timedelta(days=bulk.PREVIEW_DAYS)
    own = BulkRun.objects.filter(by=user, state=BulkRun.State.PREVIEWED, created__gte=since)
    return list(own.order_by("-created", "-pk")[:MAX_PREVIEWS])


def pages_of_runs(user: User) -> Paginator[BulkRun]:
    """Return the latest runs that were started and that `user` may know about, page by page."""
    runs = runs_for(user).exclude(state=BulkRun.State.PREVIEWED)
    return CountedPaginator(runs[:MAX_COUNTED], min(CappedCount.of(runs).number, MAX_COUNTED))
