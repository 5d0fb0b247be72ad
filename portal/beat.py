"""Beat's scheduler: the schedule in the database, kept by a host whose clock may be set forward and back."""

import datetime as dt
import time
from typing import Any

from celery import schedules
from celery.beat import BeatLazyFunc
from django.db import DatabaseError
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from cases.core.clock import portal_now


def _asked_at() -> str | None:
    """The present moment by the clock that all hosts have in common, as text; None if the database does not say."""
    try:
        return portal_now().isoformat()
    except DatabaseError:
        return None  # a sweep that does not know when it was asked for is run


# One object for all: beat compares the arguments of entries to see whether the schedule has been changed.
ASKED_AT = BeatLazyFunc(_asked_at)


class PortalEntry(ModelEntry):
    """An entry that ran "in the future", because the clock has been set back since, is taken to have run just now.

    django-celery-beat would wait until the clock has caught up.
    """

    last_run_at: dt.datetime

    def __init__(self, model: Any, app: Any = None) -> None:
        super().__init__(model, app)
        if self.task == "tasks.releases.sweep":
            self.kwargs["asked_at"] = ASKED_AT

    def is_due(self) -> schedules.schedstate:
        """Whether it is, and in how many seconds to ask again."""
        self.last_run_at = min(self.last_run_at, self._default_now())
        return super().is_due()


class PortalScheduler(DatabaseScheduler):
    """Works its order out anew when the clock has been set back: what was next by the old clock may not be so now."""

    Entry = PortalEntry
    _wall_clock_ahead = 0.0

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Sends the next entry if it is due. Returns after how many seconds to come again."""
        ahead = time.time() - time.monotonic()
        if ahead < self._wall_clock_ahead - 1:
            self._heap = None
        self._wall_clock_ahead = ahead
        seconds: float = super().tick(*arguments, **options)
        return seconds
