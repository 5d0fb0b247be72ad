"""The portal's clock. It decides what is due and which lease has ended, and it sets timestamps."""

import datetime as dt
import time
from collections.abc import Callable

from django.db import connection
from django.utils import timezone


def portal_now() -> dt.datetime:
    """Return the present moment, aware: by the database's clock on PostgreSQL, by the host's on SQLite.

    Many hosts release from one database. A host whose clock is ahead must not release early, and one whose clock is
    behind must not be late. So only the clock that they share counts.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    return _database_now()


def portal_clock() -> Callable[[], dt.datetime]:
    """Return a function like `portal_now` that reads the database once and then counts by the host's monotonic clock.

    For a few seconds of work that needs the time often.
    """
    read, at = portal_now(), time.monotonic()
    return lambda: read + dt.timedelta(seconds=time.monotonic() - at)


def hosts_now() -> dt.datetime:
    """Return the present moment, aware, by the host's clock, which may be wrong.

    Use it only to leave out what is far from it. It saves the statement of `portal_now` where there is usually nothing
    to decide.
    """
    return timezone.now()


def _database_now() -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: dt.datetime = cursor.fetchone()[0]
    return now
