"""The requests that this process's portal is answering. An open page sends some by itself now and then."""

import threading
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started


class RequestsInFlight:
    """Counts requests that come through a server. Django's own client returns only after the response."""

    def __init__(self) -> None:
        self._running = 0
        self._changed = threading.Condition()

    def watch(self) -> None:
        """Start counting."""
        request_started.connect(self._started)
        request_finished.connect(self._finished)

    def wait_for_none(self, *, seconds: float = 20) -> None:
        """Return once every request is answered. TimeoutError if one is not answered within `seconds`.

        The next call does not wait for it again: one test fails, and not all that follow.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._running == 0, timeout=seconds):
                lost, self._running = self._running, 0
                raise TimeoutError(f"{lost} requests are not answered after {seconds} seconds.")

    def _started(self, sender: type | None, **_: Any) -> None:
        self._count(sender, 1)

    def _finished(self, sender: type | None, **_: Any) -> None:
        self._count(sender, -1)

    def _count(self, sender: type | None, change: int) -> None:
        if sender and issubclass(sender, WSGIHandler):
            with self._changed:
                self._running = max(0, self._running + change)
                self._changed.notify_all()
