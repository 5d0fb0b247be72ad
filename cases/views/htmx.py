"""Pages that are there already, and ask for a part of themselves."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


def is_htmx(request: HttpRequest) -> bool:
    """Whether HTMX asks, for a part of the page."""
    return request.headers.get("HX-Request") == "true"


def differs_for_htmx(response: HttpResponse) -> HttpResponse:
    """One address, two answers: the browser must not show the one for the other when somebody goes back."""
    patch_vary_headers(response, ["HX-Request"])
    return response
