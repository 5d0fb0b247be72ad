"""Release on read: a member never finds a due case unreleased, whatever has become of workers, beat and Redis."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from cases.releases.on_read import release_on_read


class ReleaseOnReadMiddleware:
    """Calls `release_on_read` before any view responds to a person with a session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        release_on_read(request.user)
        return self.get_response(request)
