"""The case list: filters, search and order, each along an index.

With a million cases no list may read them all. A query that one index answers goes along that index, however far.
Any other query (a word of a title, an urgency, several conditions at once) looks through the latest SEARCHED cases of
the narrowest index, and the page says so.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from cases.lifecycle.display_states import DisplayState
from cases.models import Case, CaseQuerySet, User
from cases.models.case_queryset import ACCEPTED_AT, SCHEDULED, held_by_conditions_at
from cases.selectors import search, unopened

SEARCHED = 10_000
# An index has each technician's cases in these states.
OF_TECHNICIANS = {"accepted", "scheduled", "held", "released"}
EARLY = {Case.Status.DRAFT, Case.Status.SUBMITTED, Case.Status.ACCEPTED}
# Lists of these states are in the order in which the cases were created.
BY_AGE = EARLY - {Case.Status.ACCEPTED}
# Stand for "no technician" and "no type" in CaseListQuery. No row has this key.
UNASSIGNED = NO_TYPE = 0


@dataclass(frozen=True)
class Order:
    """An order that a page offers: `key` in the URL, `label` for people, `by` for the database."""

    key: str
    label: StrOrPromise
    by: tuple[Any, ...]


NEWEST = Order("newest", _("Newest first"), ("-pk",))
OLDEST = Order("oldest", _("Oldest first"), ("pk",))
ACCEPTED_LAST = Order("accepted", _("Accepted date: newest"), (ACCEPTED_AT.desc(), "-pk"))
ACCEPTED_FIRST = Order("accepted-first", _("Accepted date: oldest"), (ACCEPTED_AT.asc(), "pk"))
SOONEST_FIRST = Order("soonest", _("Release date: soonest"), ("scheduled_release_date", "scheduled_release_time", "pk"))
LATEST_FIRST = Order("latest", _("Release date: latest"), ("-scheduled_release_date", "-scheduled_release_time", "-pk"))
RELEASED_LAST = Order("released", _("Release date: newest"), ("-actual_release_date", "-pk"))
RELEASED_FIRST = Order("released-first", _("Release date: oldest"), ("actual_release_date", "pk"))
ORDERS = (
    NEWEST,
    OLDEST,
    ACCEPTED_LAST,
    ACCEPTED_FIRST,
    SOONEST_FIRST,
    LATEST_FIRST,
    RELEASED_LAST,
    RELEASED_FIRST,
)


@dataclass(frozen=True)
class CaseListQuery:
    """The filters, the search and the order of a list. An empty value does not filter.

    `technician` is a key, or UNASSIGNED; `case_type` a key, or NO_TYPE. `due_by` asks for what is scheduled up to that
    day and not released, `held_at` for what conditions hold back at that aware moment, `unopened_at` for what was
    released some days before that moment and not opened since.
    """

    text: str = ""
    state: DisplayState | None = None
    urgency: str = ""
    case_type: int | None = None
    technician: int | None = None
    member: User | None = None
    due_by: dt.date | None = None
    held_at: dt.datetime | None = None
    unopened_at: dt.datetime | None = None
    order: str = ""

    @property
    def orders(self) -> Sequence[Order]:
        """The orders to choose from, the default first.

        A list is ordered by release date only where its rows show one: a position must not reveal a hidden date.
        """
        if self.due_by or self.held_at or self.state_key in ("scheduled", "announced"):
            return SOONEST_FIRST, LATEST_FIRST
        if self.unopened_at:
            return RELEASED_FIRST, RELEASED_LAST
        if self.state_key == "accepted":
            return ACCEPTED_LAST, ACCEPTED_FIRST
        return (RELEASED_LAST, RELEASED_FIRST) if self.state_key == "released" else (NEWEST, OLDEST)

    @property
    def chosen_order(self) -> Order:
        """The order that was asked for, or the default where this list does not offer it."""
        return next((order for order in self.orders if order.key == self.order), self.orders[0])

    @property
    def state_key(self) -> str:
        """The key of the state, or an empty string."""
        return self.state.key if self.state else ""

    @property
    def status(self) -> str:
        """The status that all cases of the state have. An index has the cases of a status by age."""
        return self.state_key if self.state_key in EARLY else str(Case.Status.COMPLETED)

    @property
    def conditions(self) -> Q:
        """All conditions except the search text."""
        where = self.state.where if self.state else Q()
        if self.due_by:
            where &= SCHEDULED & Q(scheduled_release_date__lte=self.due_by)
        if self.held_at:
            where &= held_by_conditions_at(self.held_at)
        if self.unopened_at:
            where &= unopened.at(self.unopened_at)
        if self.urgency:
            where &= Q(urgency=self.urgency)
        if self.member:
            where &= Q(member=self.member)
        if self.case_type is not None:
            # Not by its column: PostgreSQL would leave the index that the other conditions go by.
            where &= Q(Exact(without_index("case_type_id"), self.case_type)) if self.case_type else Q(case_type=None)
        return where if self.technician is None else where & Q(assigned_to=self.technician or None)


@dataclass(frozen=True)
class CaseListResult:
    """The cases of a list, ordered. `searched` is how many of the latest were looked through, or None for all."""

    cases: CaseQuerySet
    searched: int | None = None


def find(query: CaseListQuery, user: User) -> CaseListResult:
    """Return what `query` asks for, among the cases that `user` may see."""
    cases = Case.objects.shown_to(user)
    numbers, is_whole = search.find_by_number(cases, query.text) if query.text else (set(), False)
    if is_whole:
        return CaseListResult(cases.filter(query.conditions, pk__in=numbers).order_by(*query.chosen_order.by))
    if _has_an_index(query, user):
        return CaseListResult(_along_its_index(cases, query))
    latest, searched = _latest(*_narrowest(query, user), cases)
    if query.text:
        by_name = set() if user.is_member else search.find_by_member(cases, query.text)
        latest = latest & search.title_contains(query.text) | Q(pk__in=numbers | by_name)
    return CaseListResult(_sorted(cases.filter(latest).filter(query.conditions), query.chosen_order), searched)


def _has_an_index(query: CaseListQuery, user: User) -> bool:
    """Tell whether one index holds exactly what `query` asks for, in its order."""
    if user.is_member or query.text or query.urgency or query.member:
        return False
    if query.case_type is not None:
        # The index has the cases of a type by age.
        return bool(query.case_type) and query == CaseListQuery(case_type=query.case_type, order=query.order)
    if query.due_by or query.held_at:
        return query.state_key in ("", "scheduled")
    if query.unopened_at:
        return query.state_key in ("", "released")
    if query.technician is None:
        return True
    # Without a state, unassigned cases include drafts, which technicians do not see.
    return query.state_key in OF_TECHNICIANS or (not query.state_key and query.technician != UNASSIGNED)


def _along_its_index(cases: CaseQuerySet, query: CaseListQuery) -> CaseQuerySet:
    by, forwards = query.chosen_order.by, query.chosen_order == query.orders[0]
    if query.case_type:
        return order_along_index(cases, "case_type_id", query.case_type, by, forwards)
    if query.technician is not None:
        theirs = cases.filter(replace(query, technician=None).conditions)
        return order_along_index(theirs, "assigned_to_id", query.technician or None, by, forwards)
    if query.state_key in BY_AGE:
        return order_along_index(cases, "status", query.state_key, by, forwards)
    return cases.filter(query.conditions).order_by(*by)


def _narrowest(query: CaseListQuery, user: User) -> tuple[str, Any]:
    """Return the column and value that leave the fewest cases, among those that an index has by age."""
    if user.is_member or query.member:
        return "member_id", (query.member or user).pk
    if query.technician:
        return "assigned_to_id", query.technician
    return ("status", query.status) if query.state else ("", None)


def _latest(column: str, value: Any, cases: CaseQuerySet) -> tuple[Q, int | None]:
    """Match the latest SEARCHED of `cases` with that value. Return the condition and SEARCHED; None where that is all.

    The first key comes from a statement of its own, so that the planner knows how few rows the search reads.
    """
    by_age = order_along_index(cases, column, value, NEWEST.by, True) if column else cases.order_by(*NEWEST.by)
    some = Q(**{column: value}) if column else Q(pk__gt=0)
    first = list(by_age.values_list("pk", flat=True)[SEARCHED - 1 : SEARCHED])
    return (some & Q(pk__gte=first[0]), SEARCHED) if first else (some, None)


def order_along_index(
    cases: CaseQuerySet, column: str, value: Any, by: tuple[Any, ...], forwards: bool
) -> CaseQuerySet:
    """Return the cases with that value, ordered `by`. An index on `column` and `by` must exist.

    The range and the column in the order leave PostgreSQL's planner no other index. With an equality it may walk all
    cases by age, expecting to meet enough matches soon (tests/unit/selectors/test_case_list_plans.py).
    """
    if value is None:
        these = {f"{column}__isnull": True}
    elif connection.vendor == "postgresql":
        these = {f"{column}__gte": value, f"{column}__lte": value}
    else:
        these = {column: value}  # SQLite uses this index for an equality, and another one for a range
    return cases.filter(**these).order_by(column if forwards else f"-{column}", *by)


def without_index(column: str) -> Coalesce:
    """Return the column as an expression that no index has.

    For ordering or filtering few cases, which another index finds first. With the plain column the planner may walk an
    index of all cases, through everything that a wave has released.
    """
    return Coalesce(column, column)


def _sorted(cases: CaseQuerySet, order: Order) -> CaseQuerySet:
    """Order the few `cases` without an index."""
    first, *others = order.by
    if isinstance(first, OrderBy):
        expression = Coalesce(first.expression, first.expression)
        return cases.order_by(expression.desc() if first.descending else expression.asc(), *others)
    column = first.removeprefix("-")
    if column == "pk":
        return cases.order_by(*order.by)
    expression = without_index(column)
    return cases.order_by(expression.desc() if first.startswith("-") else expression.asc(), *others)
