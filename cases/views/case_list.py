"""The list of cases."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from cases.forms.case_filter import CaseFilter
from cases.lifecycle.visible_case import VisibleCase
from cases.models import Case
from cases.selectors import case_list as lists
from cases.selectors.case_list import CaseListQuery, CaseListResult
from cases.selectors.pagination import CappedPaginator
from cases.views.requests import PortalRequest


@require_safe
@vary_on_headers("HX-Request")
def case_list(request: PortalRequest) -> HttpResponse:
    """The cases that the person may see, filtered, ordered and paged by the address. HTMX gets the list without the
    page around it; what cannot be read shows nothing and says so."""
    user = request.user
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
    is_part = bool(request.htmx)
    template = "cases/includes/case_list_part.html" if is_part else "cases/case_list.html"
    return render(request, template, context | _orders(asked, query or CaseListQuery()) | {"is_part": is_part})


def _orders(asked: CaseFilter, query: CaseListQuery) -> dict[str, Any]:
    usual = query.orders[0]
    return {
        "order": query.chosen_order,
        "is_newest_first": query.chosen_order == lists.NEWEST,
        "orders": [(order, asked.query_with(sort="" if order == usual else order.key)) for order in query.orders],
    }
