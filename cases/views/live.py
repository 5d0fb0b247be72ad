"""What an open page checks from time to time: how much is unread, and whether it is out of date.

The page has a token (cases.selectors.live), which is computed again here. A case that its reader may no longer know
about is reported as unchanged. Loading the page would reveal no less.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse, QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.forms.case_filter import CaseFilter
from cases.models import Case
from cases.selectors import dashboard as boards
from cases.selectors import notifications
from cases.selectors.live import case_tokens, in_one, token_of
from cases.views.case_list import shown_cases
from cases.views.requests import PortalRequest


@require_safe
@login_not_required
@never_cache
def live(request: PortalRequest) -> HttpResponse:
    """Answer in JSON with the number of unread notifications, and with the `news` of the page that asks, if any.

    204 for a person who is no longer signed in: a page that waits must not show them the page to sign in.
    """
    if not request.user.pk:
        return HttpResponse(status=204)
    unread = notifications.count_unread(request.user)
    return JsonResponse({"unread": unread, "words": notifications.in_words(unread), "news": _news(request)})


def dashboard_token(groups: list[boards.DashboardGroup]) -> str:
    """Return the token of a dashboard with these groups."""
    return token_of(case for group in groups for case in group.cases)


def _news(request: PortalRequest) -> str:
    """Return in one sentence what has changed on the page at `path` with the query `search`, which shows `token`.

    Empty for nothing, and for a page that shows none.
    """
    token = request.GET.get("token", "")
    present = _present_token(request) if token else ""
    if present in ("", token):
        return ""
    if present.startswith("released-") and not token.startswith("released-"):
        return _("Your case is ready.") if request.user.is_member else _("Released just now.")
    return _("This page is out of date.")


def _present_token(request: PortalRequest) -> str:
    try:
        found = resolve(request.GET.get("path", ""))
    except Resolver404:
        return ""
    search = QueryDict(request.GET.get("search", "").removeprefix("?"))
    if found.url_name == "case_detail":
        case = Case.objects.shown_to(request.user).filter(pk=found.kwargs["pk"]).first()
        return in_one(case_tokens(case, request.user)) if case else ""
    if found.url_name == "case_list":
        asked = CaseFilter(search, by=request.user)
        return token_of(shown_cases(asked, request.user, search.get("page"))) if asked.is_valid() else ""
    if found.url_name == "dashboard":
        return dashboard_token(boards.groups_for(request.user))
    return ""
