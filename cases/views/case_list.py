"""The list of cases."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.forms.case_filter import CaseFilter
from cases.lifecycle.visible_case import VisibleCase
from cases.models import Case, User
from cases.selectors import case_list as lists
from cases.selectors.case_list import CaseListQuery, CaseListResult
from cases.selectors.pagination import CappedPaginator
from cases.views.htmx import differs_for_htmx, is_htmx


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases that the person may see, filtered, ordered and paged by the address. HTMX gets the list without the
    page around it; what cannot be read shows nothing and says so."""
    user = cast(User, request.user)
    asked = CaseFilter(request.GET, by=user)
    query = asked.list_query() if asked.is_valid() else None
    found = lists.find(query, user) if query else CaseListResult(Case.objects.none())
    page = CappedPaginator(found.cases).get_page(request.GET.get("page"))
    context = {
        "filter": asked,
        "page": page,
        "cases": [VisibleCase.of(case, to=user) for case in page],
        "query": asked.query_with(),
        "chips": asked.chips(),
        "searched": found.searched,
    }
    part = is_htmx(request)
    template = "cases/includes/case_list_part.html" if part else "cases/case_list.html"
    context |= _orders(asked, query or CaseListQuery()) | {"is_part": part}
    return differs_for_htmx(render(request, template, context))


def _orders(asked: CaseFilter, query: CaseListQuery) -> dict[str, Any]:
    usual = query.orders[0]
    return {
        "order": query.chosen_order,
        "is_newest_first": query.chosen_order == lists.NEWEST,
        "orders": [(order, asked.query_with(sort="" if order == usual else order.key)) for order in query.orders],
    }
