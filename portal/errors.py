"""What is answered when a view ended in an error that nobody expected. Django has logged it by then."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

# A database that restarts is back within seconds.
RETRY_AFTER = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 with Retry-After where the database did not answer. A page for people, JSON for callers of the API.

    Neither asks the database for anything, not even who is there.
    """
    unavailable = isinstance(sys.exception(), OperationalError | InterfaceError)
    status = 503 if unavailable else 500
    if request.path.startswith("/api/"):
        words = (
            _("The database does not answer. Try again.") if unavailable else _("An error on our side; it was logged.")
        )
        response: HttpResponse = JsonResponse({"detail": words}, status=status)
    else:
        response = render(None, f"{status}.html", status=status)
    if unavailable:
        response["Retry-After"] = str(RETRY_AFTER)
    return response
