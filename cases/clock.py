"""The moment that decides whether a case is due."""

import datetime as dt

from django.db import connection
from django.utils import timezone


def portal_now() -> dt.datetime:
    """The present moment, aware; never ahead of the database's clock.

    Several hosts release from one database. One whose clock runs ahead must not release early, so that on PostgreSQL
    the earlier of the two clocks counts. SQLite has the host's own.
    """
    now = timezone.now()
    if connection.vendor != "postgresql":
        return now
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        database_now: dt.datetime = cursor.fetchone()[0]
    return min(now, database_now)
