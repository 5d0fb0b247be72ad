"""What became of an action, told to those who asked by HTMX: their answer is a part of a page, without the messages."""

import html
import json
from collections.abc import Callable

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.utils.html import strip_tags
from django.utils.safestring import SafeData

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
            told = [] if was_shown else [{"level": level_of(each), "text": _text(each)} for each in storage]
            if told:
                response[HEADER] = json.dumps({"toasts": told})
        return response


def _text(message: Message) -> str:
    """The words of a message: one with a link in it loses the link, which a header does not carry."""
    text = str(message)
    return html.unescape(strip_tags(text)) if isinstance(message.message, SafeData) else text


def _shows_a_part(response: HttpResponse) -> bool:
    leads_away = response.status_code in range(300, 400) or {"HX-Redirect", "HX-Refresh", "HX-Location"} & set(
        response.headers
    )
    return not leads_away and HEADER not in response.headers
