"""The result of an action, for HTMX requests: their response is part of a page, without the messages."""

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.utils.html import strip_tags
from django.utils.safestring import SafeData
from django_htmx.http import trigger_client_event

LEADS_AWAY = {"HX-Redirect", "HX-Refresh", "HX-Location"}
LEVELS = {messages.ERROR: "danger", messages.WARNING: "warning", messages.SUCCESS: "success"}
# The beginning of the tag of a message with an Undo button.
UNDO = "undo:"


@dataclass(frozen=True)
class UndoButton:
    """What the button *Undo* of a toast posts, and where to."""

    url: str
    fields: Mapping[str, str | int] = field(default_factory=dict)


def success(request: HttpRequest, text: str, *, undo: UndoButton | None = None) -> None:
    """Report a success in a toast, with an Undo button if there is an `undo`."""
    messages.success(request, text, extra_tags=UNDO + json.dumps(asdict(undo)) if undo else "")


def undo_of(message: Message) -> UndoButton | None:
    """Return the Undo button of `message`, if it has one."""
    tags = message.extra_tags or ""
    return UndoButton(**json.loads(tags.removeprefix(UNDO))) if tags.startswith(UNDO) else None


def level_of(message: Message) -> str:
    """Return how the message looks: danger, warning, success, or info."""
    return LEVELS.get(message.level, "info")


class ToastsMiddleware:
    """Puts messages that no template has shown into the header that toasts.js reads. If the response leads to another
    page, they wait for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.htmx and _shows_a_part(response):  # type: ignore[attr-defined]
            storage = messages.get_messages(request)
            was_shown = getattr(storage, "used", True)
            told = [] if was_shown else [_told(each) for each in storage]
            if told:
                trigger_client_event(response, "toasts", {"messages": told})
        return response


def _told(message: Message) -> dict[str, object]:
    undo = undo_of(message)
    return {"level": level_of(message), "text": _text(message)} | ({"undo": asdict(undo)} if undo else {})


def _text(message: Message) -> str:
    """Return the words of a message. One with a link in it loses the link, which a header does not carry."""
    text = str(message)
    return html.unescape(strip_tags(text)) if isinstance(message.message, SafeData) else text


def _shows_a_part(response: HttpResponse) -> bool:
    return response.status_code not in range(300, 400) and LEADS_AWAY.isdisjoint(response.headers)
