"""How many API calls a person may make per minute.

Each web process counts its own calls and adds them to the database now and then. So a call costs no statement, and the
limit applies to all processes together. Calls that a process has not shared yet may exceed the limit by at most a
twentieth.
"""

import threading
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from cases.models import User
from cases.models.api_usage import ApiUsage

SECONDS = 60
PARTS = 20


@dataclass
class Calls:
    """One person's calls within a minute: those that all processes know about, and those that this one has not shared
    yet."""

    shared: int = 0
    untold: int = 0


class CallCounter:
    """The calls that reach this process in the present minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._calls: dict[int, Calls] = {}

    def count(self, user_id: int, minute: int, limit: int) -> bool:
        """Count one call. Return whether it is within `limit`. A call beyond the limit does not count."""
        with self._lock:
            if minute != self._minute:
                self._minute, self._calls = minute, {}
            calls = self._calls.setdefault(user_id, Calls())
            if calls.shared + calls.untold >= limit:
                return False
            calls.untold += 1
            if calls.untold < limit / PARTS:
                return True
            told, calls.untold = calls.untold, 0
        calls.shared = ApiUsage.add(user_id, minute, told)
        return calls.shared <= limit


counter = CallCounter()


class PersonThrottle(BaseThrottle):
    """MAX_API_CALLS_PER_MINUTE for each person, whatever tokens and sessions they use."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Tell whether the call may proceed. Anonymous callers are rejected before this."""
        minute = int(timezone.now().timestamp()) // SECONDS
        limit = settings.MAX_API_CALLS_PER_MINUTE
        return not isinstance(request.user, User) or counter.count(request.user.pk, minute, limit)

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return SECONDS - timezone.now().timestamp() % SECONDS
