"""Beat's scheduler: the schedule in the database, kept by a host whose clock may be set forward and back."""

import datetime as dt
import time
from typing import Any

from celery import schedules
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry


class PortalEntry(ModelEntry):
    """An entry that ran "in the future", because the clock has been set back since, is taken to have run just now.

    django-celery-beat would wait until the clock has caught up.
    """

    last_run_at: dt.datetime

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
