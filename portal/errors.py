"""Error handlers: answers to unexpected errors, which Django has already logged."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from cases.views.unsent_fields import texts_in

API = "/api/"
# A database that restarts is back within seconds.
RETRY_AFTER = 5


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: a page for people, JSON for callers of the API."""
    if request.path.startswith(API):
        return JsonResponse({"detail": _("We couldn't read this request.")}, status=400)
    return defaults.bad_request(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: a page for people, JSON for callers of the API.

    What somebody typed is on the page: a case may leave their list while they write, and what they sent about it is
    nowhere else. It is the same page whether the case exists or not.
    """
    if request.path.startswith(API):
        return JsonResponse({"detail": _("Not found.")}, status=404)
    if fields := texts_in(request):
        return render(request, "404.html", {"fields": fields}, status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 with Retry-After where the database did not answer.

    People get a page, callers of the API JSON. Neither reads the database, not even for the user.
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
        response = render(None, f"{status}.html", status=status)
    if unavailable:
        response["Retry-After"] = str(RETRY_AFTER)
    return response
