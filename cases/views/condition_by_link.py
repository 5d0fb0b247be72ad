"""The page of a link that confirms an external condition. The token is the credential: no session, no CSRF token."""

from allauth.core.ratelimit import consume_or_429
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cases import releases
from cases.core.errors import CaseError
from cases.releases.condition_links import condition_of
from cases.views.decorators import secret_address
from cases.views.refusals import refusals_shown_by

PAGE = "cases/conditions/by_link.html"


def _refused(request: HttpRequest, error: CaseError, token: str) -> HttpResponse:
    return render(request, PAGE, {"refusal": error.message}, status=error.status)


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@secret_address
@refusals_shown_by(_refused)
def condition_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask (GET). Meet the condition (POST), for a person or a system.

    404 for an unknown link, 410 for one that is used or has expired.
    """
    too_often: HttpResponse | None = consume_or_429(request, action="condition_links", limit_get=True)
    if too_often:
        return too_often
    is_met = request.method == "POST"
    condition = releases.meet_by_link(token=token) if is_met else condition_of(token)
    context = {"condition": condition, "number": condition.case.external_case_id, "is_met": is_met}
    return render(request, PAGE, context)
