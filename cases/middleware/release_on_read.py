"""Release on read: a member never finds a due case unreleased, whatever has become of workers, beat and Redis."""

from collections.abc import Callable

import structlog
from django.db import Error
from django.http import HttpRequest, HttpResponse

from cases import releases
from cases.core.errors import CaseError
from cases.models import User

logger = structlog.get_logger(__name__)


def release_on_read(user: object) -> None:
    """Releases what is due of `user` if that is a member in person. A failure is logged: the page is served anyway."""
    if not isinstance(user, User) or not user.is_member or not user.is_active:
        return
    try:
        releases.release_due_of(user)
    except (Error, CaseError):
        logger.exception("release on read failed", member_id=user.pk)


class ReleaseOnReadMiddleware:
    """Calls `release_on_read` before any view answers a person who is logged in by session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        release_on_read(request.user)
        return self.get_response(request)
