"""The release history: what happened to all cases, latest first. Pages go along indexes, so that a million entries cost
as little as fifty.

Releases and everything else are two ranges of an index each, because a wave writes into no index that has both. With
several filters, one selects the index and the others are checked on its next SCANNED entries. A page may end
there with few entries or none, and says so.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from cases.lifecycle.history import name_facts
from cases.models import Case, CaseEvent, User

PER_PAGE = 50
# The most entries that one page searches if no index covers the query.
SCANNED = 2000
EXPORTED_TOGETHER = 1000
LATEST_FIRST = ("-at", "-pk")

Kind = CaseEvent.Kind


@dataclass(frozen=True)
class Place:
    """A place between two entries: after the one with this time and key."""

    at: dt.datetime
    pk: int


@dataclass(frozen=True)
class HistoryQuery:
    """What to list: the keys of a person, a case and a bulk operation, a kind, a source, and times from `start` to
    before `end`."""

    person: int | None = None
    kind: str = ""
    source: str = ""
    case: int | None = None
    run: int | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None


@dataclass(frozen=True)
class HistoryPage:
    """Some entries, and the place to continue from, or None at the end. `is_cut`: the search stopped after SCANNED."""

    events: list[CaseEvent]
    older: Place | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class _Range:
    """A range of an index, and what to look for in it."""

    entries: QuerySet[CaseEvent]
    rest: dict[str, Any]

    def told(self, entries: QuerySet[CaseEvent]) -> QuerySet[CaseEvent]:
        """Return `entries` with the cases and people that a page names."""
        return entries.order_by(*LATEST_FIRST).select_related("actor", "case").defer("case__description")

    def first(self, size: int) -> tuple[list[CaseEvent], Place | None]:
        """Return the first `size` matching entries, and the place up to which it searched, or None if there are no
        more."""
        if not self.rest:
            return list(self.told(self.entries)[:size]), None
        # A statement that also asks for the rest would let the planner read everything for what is rare.
        looked_at = list(self.entries.values_list("at", "pk", *self.rest)[:SCANNED])
        keys = [pk for _, pk, *values in looked_at if values == list(self.rest.values())][:size]
        found = list(self.told(CaseEvent.objects.filter(pk__in=keys))) if keys else []
        return found, Place(*looked_at[-1][:2]) if len(looked_at) == SCANNED else None


def history_page(query: HistoryQuery, user: User, *, behind: Place | None = None, size: int = PER_PAGE) -> HistoryPage:
    """Return the entries that `user` may see, latest first, after the place `behind`, with everything a page shows."""
    found: list[CaseEvent] = []
    ends: list[Place] = []
    for each in _ranges(query, user, behind):
        events, end = each.first(size + 1)
        found += events
        ends += [end] if end else []
    found.sort(key=_order, reverse=True)
    # Behind the nearest of these places, entries of another range may come before those that were found.
    cut = max(ends, key=lambda place: (place.at, place.pk), default=None)
    listed = [event for event in found if not cut or _order(event) >= (cut.at, cut.pk)]
    if len(listed) > size:
        cut, is_cut = Place(listed[size - 1].at, listed[size - 1].pk), False
    else:
        is_cut = cut is not None
    name_facts(listed[:size])
    return HistoryPage(listed[:size], cut, is_cut)


def exported(query: HistoryQuery, user: User) -> Iterator[list[CaseEvent]]:
    """Yield all entries that `user` may see, latest first, in chunks: however many there are, few are in memory."""
    page = history_page(query, user, size=EXPORTED_TOGETHER)
    yield page.events
    while page.older:
        page = history_page(query, user, behind=page.older, size=EXPORTED_TOGETHER)
        yield page.events


def named_person(pk: int, user: User) -> User | None:
    """Return the person of that key if an entry that `user` may see names them."""
    entry = CaseEvent.objects.filter(actor=pk, case__in=Case.objects.visible_to(user)).select_related("actor").first()
    return entry.actor if entry else None


def place_of(pk: int) -> Place | None:
    """Return the place behind the entry `pk`."""
    return next((Place(*each) for each in CaseEvent.objects.filter(pk=pk).values_list("at", "pk")), None)


def _order(event: CaseEvent) -> tuple[dt.datetime, int]:
    return event.at, event.pk


def _ranges(query: HistoryQuery, user: User, behind: Place | None) -> list[_Range]:
    """Return the ranges that together cover the query."""
    entries = _entries(query, user, behind)
    wanted: dict[str, Any] = {
        "case": query.case, "bulk_run": query.run, "actor": query.person, "kind": query.kind, "source": query.source,
    }  # fmt: skip
    rest = {name: value for name, value in wanted.items() if value}
    for name in ("case", "bulk_run", "actor"):
        if name in rest:
            return [_Range(entries.filter(**{name: rest.pop(name)}), rest)]
    released, others = entries.filter(kind=Kind.RELEASED), entries.exclude(kind=Kind.RELEASED)
    if kind := rest.pop("kind", ""):
        return [_Range(released if kind == Kind.RELEASED else others.filter(kind=kind), rest)]
    return [_Range(released, rest), _Range(others, rest)]


def _entries(query: HistoryQuery, user: User, behind: Place | None) -> QuerySet[CaseEvent]:
    entries = CaseEvent.objects.filter(case__in=Case.objects.visible_to(user)).order_by(*LATEST_FIRST)
    if query.start:
        entries = entries.filter(at__gte=query.start)
    if query.end:
        entries = entries.filter(at__lt=query.end)
    if behind:
        # The first condition is a range of the index. The second one leaves out the rest of one moment.
        entries = entries.filter(Q(at__lt=behind.at) | Q(pk__lt=behind.pk), at__lte=behind.at)
    return entries
