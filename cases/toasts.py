"""What became of an action, told to those who asked by HTMX: their answer is a part of a page, without the messages."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse

HEADER = "HX-Trigger"
LEVELS = {messages.ERROR: "danger", messages.WARNING: "warning", messages.SUCCESS: "success"}


def level_of(message: Message) -> str:
    """How the message looks: danger, warning, success, or info."""
    return LEVELS.get(message.level, "info")


class ToastsMiddleware:
    """Puts the messages that no template has shown into the header from which toasts.js shows them. They wait for the
    next page where this answer leads to one, or where the view sets that header itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "HX-Request" in request.headers and _shows_a_part(response):
            storage = messages.get_messages(request)
            was_shown = getattr(storage, "used", True)
            told = [] if was_shown else [{"level": level_of(each), "text": str(each)} for each in storage]
            if told:
                response[HEADER] = json.dumps({"toasts": told})
        return response


def _shows_a_part(response: HttpResponse) -> bool:
    leads_away = response.status_code in range(300, 400) or {"HX-Redirect", "HX-Refresh", "HX-Location"} & set(
        response.headers
    )
    return not leads_away and HEADER not in response.headers
