"""Find the page that a button is on."""

from django.http import HttpRequest
from django.urls import reverse

# Buttons on the page of one case, person, case type, canned text, bulk run or view, by the start of their URL.
PAGES_BY_PREFIX = (
    ("/cases/", "case_detail"),
    ("/people/", "person"),
    ("/case-types/", "case_type"),
    ("/canned-texts/", "canned_text"),
    ("/bulk/", "bulk_run"),
    ("/views/", "saved_view"),
)
# Buttons on pages that exist only once.
LISTS_BY_PREFIX = (
    ("/calendar/", "calendar"),
    ("/blackout-days/", "blackout_days"),
    ("/notifications/settings/", "notification_settings"),
    ("/notifications/", "notifications"),
    ("/operations/", "operations"),
    ("/accounts/absences/", "absences"),
    ("/views/", "saved_views"),
)

# The addresses of their buttons include the query of the page: the list that a run came from, or the days shown.
WITH_QUERY = frozenset({"bulk_run", "calendar"})


def page_of(request: HttpRequest) -> str:
    """Return the URL of the page with the button of this request, or the request's own URL if it is a page."""
    match = request.resolver_match
    pk = match.kwargs.get("pk") if match else None
    for prefix, page in PAGES_BY_PREFIX:
        if pk is not None and request.path.startswith(prefix):
            return reverse(page, args=[pk]) + _query(request, page)
    for prefix, page in LISTS_BY_PREFIX:
        if request.path.startswith(prefix):
            return reverse(page) + _query(request, page)
    return reverse("dashboard") if match and match.view_name == "account_logout" else request.get_full_path()


def _query(request: HttpRequest, page: str) -> str:
    query = request.GET.urlencode() if page in WITH_QUERY else ""
    return f"?{query}" if query else ""
