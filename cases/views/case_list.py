"""The list of cases."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.filters import filtered
from cases.models import Case, User
from cases.paging import CappedPaginator
from cases.seen import SeenCase


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases that the person may see, filtered by URL, latest first."""
    user = cast(User, request.user)
    cases = Case.objects.shown_to(user)
    case_filter, found = filtered(request.GET, cases, user)
    page = CappedPaginator(found).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "cases/case_list.html",
        {
            "filter": case_filter,
            "page": page,
            "cases": [SeenCase.of(case, to=user) for case in page],
            "query": query.urlencode(),
            "is_filtered": any(query.values()),
        },
    )
