"""Refuses requests that no page of the portal sends, before anything of them reaches the database."""

from collections.abc import Callable, Iterable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from cases.core import limits


class RequestLimitsMiddleware:
    """400 for a NUL in address, cookies or headers, which PostgreSQL takes in no text, and for what is too long.

    What comes in the body is bounded by the fields of forms and serializers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _check([request.path_info, *_parameters(request)], limits.PARAMETER)
        _check([*request.COOKIES.values(), *request.headers.values()], limits.HEADER)
        return self.get_response(request)


def _parameters(request: HttpRequest) -> Iterable[str]:
    for name, values in request.GET.lists():
        yield name
        yield from values


def _check(texts: Iterable[str], longest: int) -> None:
    if any("\0" in text or len(text) > longest for text in texts):
        raise BadRequest
