"""Error handlers: responses to unexpected errors, which Django has already logged.

The page shows what was typed into the form that failed, so that people can copy it, because it is stored nowhere else.
"""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cases.accounts.unsent_fields import texts_left_in
from cases.middleware.login_required import PART
from cases.middleware.mfa import MfaMissing

API = "/api/"
# A database that restarts is back within seconds.
RETRY_AFTER = 5


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: a page for people, JSON for callers of the API, with 413 where their body is too large."""
    if request.path.startswith(API) and isinstance(exception, RequestDataTooBig):
        return JsonResponse({"detail": _("The request is too large.")}, status=413)
    if request.path.startswith(API):
        return JsonResponse({"detail": _("We couldn't read this request.")}, status=400)
    return render(None, "400.html", {"fields": texts_left_in(request)}, status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403, or redirect to the setup of a missing second factor if nothing would be lost."""
    if _saves_part(request):
        return render(request, PART, {"is_denied": True}, status=403)
    fields = texts_left_in(request)
    is_mfa = isinstance(exception, MfaMissing)
    if is_mfa and not fields:
        return redirect("mfa_activate_totp")
    return render(request, "403.html", {"fields": fields, "is_mfa_missing": is_mfa}, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: a page for people, JSON for callers of the API.

    A case may disappear from a person's list while they write about it. The page is the same whether it exists or not.
    """
    if request.path.startswith(API):
        return JsonResponse({"detail": _("Not found.")}, status=404)
    if _saves_part(request):
        return render(request, PART, {"is_gone": True}, status=404)
    return render(request, "404.html", {"fields": texts_left_in(request)}, status=404)


def _saves_part(request: HttpRequest) -> bool:
    """Tell whether the request saves part of a page, which keeps what was typed and says why it could not be saved."""
    return request.method == "POST" and bool(getattr(request, "htmx", False))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 with Retry-After if the database did not respond.

    People get a page, callers of the API get JSON. Neither reads the database, not even for the user. It is unknown
    whether a form was saved, because the response to its commit may be what was lost.
    """
    unavailable = isinstance(sys.exception(), OperationalError | InterfaceError)
    status = 503 if unavailable else 500
    if request.path.startswith(API):
        words = (
            _("The database isn't responding. Try again.")
            if unavailable
            else _("Something went wrong on our side. We've recorded it.")
        )
        response: HttpResponse = JsonResponse({"detail": words}, status=status)
    else:
        context = {"fields": texts_left_in(request), "is_in_doubt": request.method == "POST"}
        response = render(None, f"{status}.html", context, status=status)
    if unavailable:
        response["Retry-After"] = str(RETRY_AFTER)
    return response
