"""Pages for signed-in people are never cached: not by a proxy, and not by the browser for its Back button."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PRIVATE = "private, no-store"


class PrivatePagesMiddleware:
    """Marks every response to a request with a session or an API token, unless its view has set its own caching.

    It checks what the request carries, not who is signed in, because an error page must not query the database. It
    comes after WhiteNoise, whose static files keep their own header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if _is_personal(request, response):
            response.headers.setdefault("Cache-Control", PRIVATE)
        return response


def _is_personal(request: HttpRequest, response: HttpResponse) -> bool:
    session = settings.SESSION_COOKIE_NAME
    return session in request.COOKIES or session in response.cookies or "Authorization" in request.headers
