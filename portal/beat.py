"""Beat's scheduler: the schedule in the database, on a host whose clock may be changed."""

import datetime as dt
import time
from typing import Any

import structlog
from celery import schedules
from celery.beat import BeatLazyFunc
from django.db import DatabaseError
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from cases.core.clock import portal_now
from cases.core.safe_errors import describe

logger = structlog.get_logger(__name__)


def _asked_at() -> str | None:
    """Return the portal's moment as text, or None if the database does not answer."""
    try:
        return portal_now().isoformat()
    except DatabaseError:
        return None  # a sweep runs even without this moment


# One object for all entries: beat compares their arguments to see whether the schedule has changed.
ASKED_AT = BeatLazyFunc(_asked_at)


class PortalEntry(ModelEntry):
    """An entry whose last run is in the future, because the clock was set back, counts as run just now.

    django-celery-beat would wait until the clock has caught up.
    """

    last_run_at: dt.datetime

    def __init__(self, model: Any, app: Any = None) -> None:
        super().__init__(model, app)
        if self.task == "tasks.releases.sweep":
            self.kwargs["asked_at"] = ASKED_AT

    def is_due(self) -> schedules.schedstate:
        """Return whether the entry is due, and in how many seconds to ask again."""
        self.last_run_at = min(self.last_run_at, self._default_now())
        return super().is_due()


class PortalScheduler(DatabaseScheduler):
    """A scheduler that sorts its entries again when the clock was set back, because another one may be next."""

    Entry = PortalEntry
    _wall_clock_ahead = 0.0

    def tick(self, *arguments: Any, **options: Any) -> float:
        """Send the next entry if it is due. Return the number of seconds until the next check."""
        ahead = time.time() - time.monotonic()
        if ahead < self._wall_clock_ahead - 1:
            self._heap = None
        self._wall_clock_ahead = ahead
        seconds: float = super().tick(*arguments, **options)
        return seconds

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send the task of `entry`. One that can't be sent has one line: Celery writes ten kilobytes for each."""
        logger.info(f"Scheduler: Sending due task {entry.name}", task=entry.task)
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:  # noqa: BLE001  (beat goes on, whatever it is)
            cause = describe(error.__context__ or error)
            logger.error("beat could not send a task", task=entry.task, error=cause)  # noqa: TRY400  (no traceback)
