"""The place in a list from which someone opened a case: `list` (its query) and `place` in the address of the case.

An action on the case leads back to its page. The place is in the address of the page that had the button.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import QueryDict
from django.urls import reverse

from cases.forms.case_filter import CaseFilter
from cases.models import Case
from cases.selectors import case_list
from cases.selectors.list_neighbors import Neighbor, neighbors_of
from cases.selectors.pagination import MAX_COUNTED
from cases.selectors.saved_views import views_of
from cases.views.requests import PortalRequest
from cases.views.saved_view_rail import view_of


def list_place(request: PortalRequest, case: Case) -> dict[str, Any]:
    """Return the links to the list from which `case` was opened and to the cases beside it; nothing without a list."""
    asked = asked_place(request, case)
    if asked is None:
        return {}
    query, place = asked
    form = CaseFilter(QueryDict(query), by=request.user)
    if not form.is_valid():
        return {}
    page = (place - 1) // form.per_page + 1
    back = form.query_with() + (f"&page={page}" if page > 1 else "")
    found = case_list.find(form.list_query(), request.user)
    beside = neighbors_of(case.pk, found.cases, place)
    views = views_of(request.user)
    return {
        "view_left": view_of(form, views),
        # The menu need not read them again.
        "views_of_person": views,
        "back_to_list": f"{reverse('case_list')}?{back.removeprefix('&')}",
        "previous_case": _link(beside.previous, query),
        "next_case": _link(beside.next, query),
    }


def place_to_keep(request: PortalRequest, pk: int) -> str:
    """Return the address of the case with the place that the page before had: an action or a link of it led here."""
    if "list" in request.GET or request.htmx:
        return ""
    before = _of_page_before(request, pk)
    if "list" not in before:
        return ""
    kept = request.GET.copy()
    kept.update({name: before.get(name, "") for name in ("list", "place")})
    return f"{reverse('case_detail', args=[pk])}?{kept.urlencode()}"


def asked_place(request: PortalRequest, case: Case) -> tuple[str, int] | None:
    """Return the query of the list and the place in it, or None if the address names none that can be read."""
    asked = request.GET if "list" in request.GET else _of_page_before(request, case.pk)
    place = asked.get("place", "")
    is_place = place.isascii() and place.isdecimal() and len(place) <= len(str(MAX_COUNTED))
    if "list" not in asked or not is_place or not 1 <= int(place) <= MAX_COUNTED:
        return None
    return str(asked["list"]), int(place)


def _of_page_before(request: PortalRequest, pk: int) -> QueryDict:
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # brackets around what is no IPv6 address, and more of the kind
        return QueryDict()
    return QueryDict(before.query if before.path == reverse("case_detail", args=[pk]) else "")


def _link(neighbor: Neighbor | None, query: str) -> str:
    if neighbor is None:
        return ""
    return f"{reverse('case_detail', args=[neighbor.pk])}?{urlencode({'list': query, 'place': neighbor.place})}"
