"""Rejects requests that no page of the portal sends, before any part of them reaches the database."""

import re
from collections.abc import Callable, Iterable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from cases.core import limits

# A parameter whose value may begin with its charset (RFC 2231). Django does not handle an unknown one.
WITH_OWN_CHARSET = re.compile(r";\s*\w+\*")


class RequestLimitsMiddleware:
    """400 for a NUL in the address, cookies or headers, which PostgreSQL does not accept in text, and for values that
    are too long.

    Also for media types with parameters that no browser writes. portal.wsgi checks the Content-Type. The fields of
    forms and serializers limit the content of the body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _check([request.path_info, *_parameters(request)], limits.PARAMETER)
        _check([*request.COOKIES.values(), *request.headers.values()], limits.HEADER)
        if WITH_OWN_CHARSET.search(request.headers.get("Accept", "")):
            raise BadRequest("Media type with a charset of its own")
        return self.get_response(request)


def _parameters(request: HttpRequest) -> Iterable[str]:
    for name, values in request.GET.lists():
        yield name
        yield from values


def _check(texts: Iterable[str], longest: int) -> None:
    if any("\0" in text or len(text) > longest for text in texts):
        raise BadRequest("NUL, or a value is too long")
