"""Requests that leave nothing behind: each finds the portal, and the person signed in, as the first one did. And what
is asked of every answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written in the block is taken back at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def same_browser(client: Client) -> Client:
    """Return one with the cookies of `client`, which keeps its own whatever becomes of these."""
    copy = Client()
    copy.handler = client.handler  # its middleware is loaded
    copy.cookies.update(client.cookies)
    return copy


def directives(answer: HttpResponseBase) -> set[str]:
    """What the answer says about who may keep it."""
    return {part.strip() for part in answer.headers.get("Cache-Control", "").split(",")}


def is_private(answer: HttpResponseBase) -> bool:
    """Whether neither a proxy nor the browser keeps the answer."""
    return directives(answer) >= {"private", "no-store"}
