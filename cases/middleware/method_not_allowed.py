"""Responses that replace an empty HTTP 405 (method not allowed)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from cases.middleware.parent_page import page_of

API = "/api/"


class MethodNotAllowedMiddleware:
    """Redirect a reader at the URL of a button to the page with that button.

    Give any other 405 a page, because Django's has no content. API responses are not changed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = not request.path.startswith(API)
        if not is_page or not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        parent = page_of(request)
        back = parent if parent != request.get_full_path() else ""
        if back and request.method in ("GET", "HEAD"):
            return redirect(back)
        page = render(request, "405.html", {"back": back}, status=405)
        page["Allow"] = response["Allow"]
        return page
