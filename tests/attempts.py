"""Requests that leave nothing behind: each finds the portal and the session as the first one did. Also checks for every
response."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client


@contextmanager
def undone() -> Iterator[None]:
    """Roll back everything written in the block when it ends."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def same_browser(client: Client) -> Client:
    """Return a client with a copy of the cookies of `client`, whose own do not change with these."""
    copy = Client()
    copy.handler = client.handler  # its middleware is loaded
    copy.cookies.update(client.cookies)
    return copy


def directives(answer: HttpResponseBase) -> set[str]:
    """Return what the response says about who may store it."""
    return {part.strip() for part in answer.headers.get("Cache-Control", "").split(",")}


def is_private(answer: HttpResponseBase) -> bool:
    """Return whether neither a proxy nor the browser may store the response."""
    return directives(answer) >= {"private", "no-store"}
