"""Pages that exist for technicians and administrators only."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from cases.models import User


def staff_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For members the page does not exist: 404, as for whatever they may not know of."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not isinstance(request.user, User) or request.user.is_member:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
