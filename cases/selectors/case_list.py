"""The case list: filters, search and order, each along an index.

With a million cases no list may read them all. A query that one index answers goes along that index, however far. Any
other query (a word in a title, an age, several conditions together) searches SEARCHED cases, and the page says so: the
first ones of the list of scheduled, held or released cases that it narrows, or else the latest (or oldest) of the
narrowest index by age.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, Subquery
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce

from cases.db.bulk import ids_as_rows
from cases.db.index_order import order_along_index
from cases.models import Case, CaseQuerySet, User
from cases.models.case_states import NOT_RELEASED
from cases.selectors import pagination, search
from cases.selectors.case_list_query import (
    AGE_ORDERS,
    EARLY,
    NEWEST,
    OLDEST,
    UNASSIGNED,
    URGENCY_ORDERS,
    CaseListQuery,
    Order,
    without_index,
)
from cases.selectors.search_permissions import has_words

SEARCHED = 10_000
# An index has each technician's cases in these states.
OF_TECHNICIANS = {"accepted", "scheduled", "held", "released"}


@dataclass(frozen=True)
class CaseListResult:
    """The cases of a list, ordered.

    `searched` is how many were searched, or None for all. `matched` is how many of the latest with the search words are
    among them, or None for all. `part` says which cases were searched: the "latest" or the "oldest", or the "first" of
    a list by release.
    """

    cases: CaseQuerySet
    searched: int | None = None
    matched: int | None = None
    part: str = "latest"


def find(query: CaseListQuery, user: User, *, most: int | None = None) -> CaseListResult:
    """Return the result of `query` among the cases that `user` may see.

    `most` is how many of them are needed. None means as many as pages show.
    """
    cases = Case.objects.shown_to(user)
    numbers, is_whole = search.find_by_number(cases, query.text) if query.text else (set(), False)
    if is_whole:
        return CaseListResult(cases.filter(query.conditions, pk__in=numbers).order_by(*query.chosen_order.by))
    if user.is_member and query.is_unfiltered and query.chosen_order in AGE_ORDERS:
        order = query.chosen_order
        return CaseListResult(order_along_index(cases, "member_id", user.pk, order.by, not order.backwards))
    if _has_an_index(query, user):
        return CaseListResult(_along_its_index(cases, query))
    if query.text:
        return _with_words(query, user, cases, numbers)
    if query.is_by_release and not (user.is_member or query.member):
        return _among_the_first(query, user, cases, most or pagination.MAX_COUNTED + 1)
    latest, searched = _latest(*_narrowest(query, user), cases, is_oldest=query.asks_for_old)
    found = _sorted(cases.filter(latest).filter(query.conditions), query.chosen_order)
    return CaseListResult(found, searched, part="oldest" if query.asks_for_old else "latest")


def _with_words(query: CaseListQuery, user: User, cases: CaseQuerySet, numbers: set[int]) -> CaseListResult:
    """Return the cases with the words of the search, or with these `numbers`.

    For staff, an index finds them. If it has too many, and for members, the latest cases are searched. If these are
    also more than SEARCHED, the result is the latest ones with these words.
    """
    asked = search.asked_words(query.text, user)
    keys, is_capped = ([], True) if user.is_member else search.find_by_words(asked)
    latest, searched = _latest(*_narrowest(query, user), cases) if is_capped else (Q(), None)
    matched = search.MAX_MATCHES if searched and not user.is_member else None
    if is_capped and not matched:
        among = latest & has_words(asked, user) | Q(pk__in=numbers)
    else:
        among = Q(pk__in=ids_as_rows([*numbers, *keys]))
    found = _sorted(cases.filter(among).filter(query.conditions), query.chosen_order)
    return CaseListResult(found, None if matched else searched, matched)


def along_one_index(visible: CaseQuerySet, query: CaseListQuery, user: User) -> CaseQuerySet | None:
    """Return what `query` asks for among the cases `visible` to `user`, in its order, if one index holds exactly that.

    None if it requires a search.
    """
    return _along_its_index(visible, query) if _has_an_index(query, user) else None


def _has_an_index(query: CaseListQuery, user: User) -> bool:
    """Tell whether one index holds exactly what `query` asks for, in its order."""
    if user.is_member or query.text or query.member or query.created_from or query.created_before or query.held_by:
        return False
    if query.turn:
        return query == query.along_an_index()
    if query.case_type is not None:
        # The index has the cases of a type by age.
        return bool(query.case_type) and query == CaseListQuery(case_type=query.case_type, order=query.order)
    if query.urgency:
        return _has_an_index_by_urgency(query)
    if query.due_by or query.held_at or (query.has_release_days and query.state_key != "released"):
        return query.state_key in ("", "open", "scheduled")
    if query.unopened_at:
        return query.state_key in ("", "released") and not query.has_release_days
    if query.technician is None:
        return query.state_key != "open"
    if query.chosen_order in URGENCY_ORDERS and query.technician == UNASSIGNED:
        return False
    # Without a state, unassigned cases include drafts, which technicians do not see.
    return query.state_key in OF_TECHNICIANS or (not query.state_key and query.technician != UNASSIGNED)


def _has_an_index_by_urgency(query: CaseListQuery) -> bool:
    if query.is_by_schedule and not query.held_at:
        return query.urgency == "urgent" and query.technician is None and query.state_key in ("", "open", "scheduled")
    if query.chosen_order not in AGE_ORDERS or query.held_at or query.unopened_at or query.has_release_days:
        return False
    if query.technician is not None:
        return query.state_key == "accepted" and query.technician != UNASSIGNED
    return query.state_key in ("submitted", "accepted") or (query.state_key, query.urgency) == ("open", "urgent")


def _along_its_index(cases: CaseQuerySet, query: CaseListQuery) -> CaseQuerySet:
    order = query.chosen_order
    # case_unopened is written from the first release on, case_released from the last.
    forwards = order.backwards == bool(query.unopened_at)
    if query.urgency:
        return cases.filter(query.conditions).order_by(*order.by)
    if query.case_type:
        return order_along_index(cases, "case_type_id", query.case_type, order.by, forwards)
    if query.technician is not None:
        theirs = cases.filter(replace(query, technician=None).conditions)
        return order_along_index(theirs, "assigned_to_id", query.technician or None, order.by, forwards)
    if query.state_key in EARLY and order in AGE_ORDERS:
        return order_along_index(cases.filter(NOT_RELEASED), "status", query.state_key, order.by, forwards)
    return cases.filter(query.conditions).order_by(*order.by)


def _among_the_first(query: CaseListQuery, user: User, cases: CaseQuerySet, most: int) -> CaseListResult:
    """Look among the first cases of the list by release that `query` narrows, for `most` of them.

    The first matches come from a separate statement, so that their count and their page read no more than those.
    """
    whole = query.along_an_index()
    if not _has_an_index(whole, user):
        whole = replace(whole, technician=None)
    known = Case.objects.visible_to(user) if query.turn else Case.objects.completed_visible_to(user)
    listed = _along_its_index(known, whole).values("pk")[:SEARCHED]
    matches = cases.filter(Q(_is_among(listed)), query.conditions)
    first = list(_sorted(matches, query.chosen_order).values_list("pk", flat=True)[:most])
    is_part = listed[SEARCHED - 1 : SEARCHED].exists()
    found = _sorted(cases.filter(pk__in=ids_as_rows(first)), query.chosen_order)
    return CaseListResult(found, SEARCHED if is_part else None, part="first")


def _is_among(keys: QuerySet[Case, Any]) -> Func | Q:
    """Match the cases with these keys, found one by one.

    They are passed as an array, because with `IN` PostgreSQL's planner expects many and may read the whole table to
    join them.
    """
    if connection.vendor != "postgresql":
        return Q(pk__in=keys)
    array = Subquery(keys, template="(ARRAY(%(subquery)s))")
    return Func(F("pk"), array, template="%(expressions)s", arg_joiner=" = ANY", output_field=BooleanField())


def _narrowest(query: CaseListQuery, user: User) -> tuple[str, Any]:
    """Return the column and value that leave the fewest cases, among those that an index has by age."""
    if user.is_member or query.member:
        return "member_id", (query.member or user).pk
    if query.technician:
        return "assigned_to_id", query.technician
    # The index of statuses knows what is not released.
    return ("status", query.status) if query.status and query.state_key != "released" else ("", None)


def _latest(column: str, value: Any, cases: CaseQuerySet, *, is_oldest: bool = False) -> tuple[Q, int | None]:
    """Match the latest (or oldest) SEARCHED of `cases` with that value, and return SEARCHED, or None if that is all.

    The last key comes from a separate statement, so that the planner knows how few rows the search reads.
    """
    order, end = (OLDEST, "pk__lte") if is_oldest else (NEWEST, "pk__gte")
    if column == "status":
        cases = cases.filter(NOT_RELEASED)
    by_age = (
        order_along_index(cases, column, value, order.by, not order.backwards) if column else cases.order_by(*order.by)
    )
    some = Q(**{column: value}) if column else Q(pk__gt=0)
    if column == "member_id" and not Case.objects.has_member_more_than(SEARCHED, value):
        return some, None
    last = list(by_age.values_list("pk", flat=True)[SEARCHED - 1 : SEARCHED])
    return (some & Q((end, last[0])), SEARCHED) if last else (some, None)


def latest_of_member(member: User, cases: CaseQuerySet) -> Q:
    """Match the latest SEARCHED of `cases`, which are this member's own."""
    return _latest("member_id", member.pk, cases)[0]


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
