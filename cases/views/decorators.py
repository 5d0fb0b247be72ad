"""Pages that are not for everyone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from cases.models import User


def staff_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Raise Http404 for members, as for anything they may not know about."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User) or request.user.is_member:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def administrators_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Raise PermissionDenied unless the person is an administrator."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not isinstance(request.user, User) or not request.user.is_administrator:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return checked


def secret_address(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep the address, which has a credential in it, from search engines and from the pages that its page leads to."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        answer["Referrer-Policy"] = "no-referrer"
        return answer

    return kept
