"""The moment that decides: what is due, which lease has ended, what a stamp says."""

import datetime as dt
import time
from collections.abc import Callable

from django.db import connection
from django.utils import timezone


def portal_now() -> dt.datetime:
    """The present moment, aware: by the database's clock on PostgreSQL, by the host's on SQLite.

    Many hosts release from one database. One whose clock is ahead must not release early, and one whose clock is
    behind must not be late, so that the clock which they have in common is the only one that counts.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    return _database_now()


def portal_clock() -> Callable[[], dt.datetime]:
    """`portal_now`, read once and from then on counted by the host's monotonic clock: for some seconds of work that
    asks often."""
    read, at = portal_now(), time.monotonic()
    return lambda: read + dt.timedelta(seconds=time.monotonic() - at)


def _database_now() -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: dt.datetime = cursor.fetchone()[0]
    return now
