"""The list of cases, for every role."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_stubs_ext import StrOrPromise

from cases.forms.case_filter import COMFORTABLE, PAGE_SIZES, CaseFilter
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.deputies import away_until
from cases.models import Case, User
from cases.selectors import case_list as lists
from cases.selectors import search_suggestions
from cases.selectors.case_list import CaseListResult
from cases.selectors.case_list_query import NEWEST, CaseListQuery, Order
from cases.selectors.live import token_of
from cases.selectors.pagination import CappedPaginator, page_numbers
from cases.views.requests import PortalRequest
from cases.views.saved_view_rail import rail_of

COLUMNS: tuple[tuple[str, StrOrPromise], ...] = (
    ("case", _("Case")),
    ("member", _("Member")),
    ("who", _("Assigned to")),
    ("state", _("Status")),
    ("urgency", _("Urgency")),
    ("date", _("Release date")),
    ("age", _("Age")),
)


@dataclass(frozen=True)
class Column:
    """A column of the table.

    If an index has its order, `link` is the list ordered by it, or in reverse. `direction` is that of the list's order,
    for `aria-sort`.
    """

    key: str
    label: StrOrPromise
    link: str = ""
    direction: str = ""


@require_safe
@vary_on_headers("HX-Request")
def case_list(request: PortalRequest) -> HttpResponse:
    """List the cases that the person may see, filtered, ordered and paged by the address.

    HTMX gets the list without the page around it. What cannot be read shows nothing and says so.
    """
    user = request.user
    asked = CaseFilter(request.GET, by=user)
    query = asked.list_query() if asked.is_valid() else None
    found = lists.find(query, user) if query else CaseListResult(Case.objects.none())
    page = CappedPaginator(found.cases, asked.per_page).get_page(request.GET.get("page"))
    cases = [VisibleCase.of(case, to=user) for case in page]
    context = {
        "filter": asked,
        "page": page,
        "pages": page_numbers(page),
        "cases": cases,
        "live_token": token_of(cases) if query else "",
        "query": asked.query_with(),
        "place": urlencode({"list": asked.query_with()}),
        "chips": asked.chips(),
        "searched": found.searched,
        "searched_part": found.part,
        "matched": found.matched,
        "meant": _meant(asked, query, user) if query and not cases else {},
        "away": {} if user.is_member else away_until(),
    }
    is_part = bool(request.htmx)
    template = "cases/includes/case_list_part.html" if is_part else "cases/case_list.html"
    context |= _display(asked, query or CaseListQuery()) | rail_of(asked, user) | {"is_part": is_part}
    return render(request, template, context)


def shown_cases(asked: CaseFilter, user: User, number: str | None) -> list[VisibleCase]:
    """Return the cases of the page `number` of the list that `asked`, which is valid, shows `user` now."""
    found = lists.find(asked.list_query(), user)
    page = CappedPaginator(found.cases, asked.per_page).get_page(number)
    return [VisibleCase.of(case, to=user) for case in page]


def _meant(asked: CaseFilter, query: CaseListQuery, user: User) -> dict[str, str]:
    """Return better `words` for a search that found nothing, and the `query` of the list with them. Empty without."""
    words = search_suggestions.meant(user, query.text) if query.text else ""
    if not words or not lists.find(replace(query, text=words), user).cases.exists():
        return {}
    return {"words": words, "query": asked.query_with(q=words)}


def _display(asked: CaseFilter, query: CaseListQuery) -> dict[str, Any]:
    """Return the display options of the list, each with its query."""
    densities = [("", _("Compact")), (COMFORTABLE, _("Comfortable"))]
    # Members have few cases, and look for a number by typing it.
    offered = [order for order in query.orders if order.column != "case" or not asked.by.is_member]
    return {
        "order": query.chosen_order,
        "is_newest_first": query.chosen_order == NEWEST,
        "orders": [(order, _ordered(asked, query, order)) for order in offered],
        "columns": [_column(asked, query, key, label) for key, label in COLUMNS],
        "sizes": [(size, asked.query_with(per="" if size == PAGE_SIZES[0] else str(size))) for size in PAGE_SIZES],
        "densities": [
            (label, asked.query_with(density=key), (key == COMFORTABLE) == asked.is_comfortable)
            for key, label in densities
        ],
    }


def _ordered(asked: CaseFilter, query: CaseListQuery, order: Order) -> str:
    return asked.query_with(sort="" if order == query.orders[0] else order.key)


def _column(asked: CaseFilter, query: CaseListQuery, key: str, label: StrOrPromise) -> Column:
    chosen = query.chosen_order
    offered = [order for order in query.orders if order.column == key]
    if not offered:
        return Column(key, label)
    if chosen not in offered:
        return Column(key, label, _ordered(asked, query, offered[0]))
    other = next((order for order in offered if order != chosen), chosen)
    return Column(key, label, _ordered(asked, query, other), "ascending" if chosen.ascending else "descending")
