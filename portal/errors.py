"""Error handlers: answers to unexpected errors, which Django has already logged."""

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from cases.middleware.parent_page import page_of

API = "/api/"
# A database that restarts is back within seconds.
RETRY_AFTER = 5


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: a page for people, JSON for callers of the API."""
    if request.path.startswith(API):
        return JsonResponse({"detail": _("This request cannot be read.")}, status=400)
    return defaults.bad_request(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: a page for people, JSON for callers of the API."""
    if request.path.startswith(API):
        return JsonResponse({"detail": _("Not found.")}, status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 with Retry-After where the database did not answer.

    People get a page, callers of the API JSON. Neither reads the database, not even for the user.
    """
    unavailable = isinstance(sys.exception(), OperationalError | InterfaceError)
    status = 503 if unavailable else 500
    if request.path.startswith(API):
        words = (
            _("The database does not answer. Try again.") if unavailable else _("An error on our side; it was logged.")
        )
        response: HttpResponse = JsonResponse({"detail": words}, status=status)
    else:
        response = render(None, f"{status}.html", status=status)
    if unavailable:
        response["Retry-After"] = str(RETRY_AFTER)
    return response


class MethodNotAllowedMiddleware:
    """A page for somebody who opens the address of a button, or sends a form to a page, to which Django answers 405
    without a word. What the API says stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = not request.path.startswith(API)
        if not is_page or not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        back = page_of(request)
        page = render(request, "405.html", {"back": back if back != request.get_full_path() else ""}, status=405)
        page["Allow"] = response["Allow"]
        return page
