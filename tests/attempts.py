"""Requests that leave nothing behind: each finds the portal, and the person signed in, as the first one did."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
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
