"""Baseline: one process releases a wave with handwritten SQL, the same rows in the same batches.

python -m tests.bench.handwritten_baseline INSTANT BATCH_SIZE

INSTANT is in seconds of the epoch. DATABASE_URL names the database.

It prints "ready" once connected, and waits for the instant.
"""

import datetime as dt
import os
import sys
import time
import uuid
from typing import Any

import psycopg

STAMP = """
UPDATE cases_case
SET actual_release_date = %(at)s, version = version + 1, release_number = release_number + 1,
    release_batch = %(batch)s
WHERE id IN (
    SELECT id FROM cases_case
    WHERE actual_release_date IS NULL AND scheduled_release_date IS NOT NULL
        AND (scheduled_release_date, scheduled_release_time) <= (%(date)s, %(time)s)
    ORDER BY scheduled_release_date, scheduled_release_time, id LIMIT %(size)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""
HISTORY = """
INSERT INTO cases_caseevent (case_id, kind, at, source, system_actor, from_status, to_status, from_date, from_time,
    to_date, to_time, schedule_revision, release_number, release_batch, reason)
SELECT id, 'released', %(at)s, 'sweep', 'plain', status, status, scheduled_release_date, scheduled_release_time,
    scheduled_release_date, scheduled_release_time, schedule_revision, release_number, release_batch, ''
FROM cases_case WHERE id = ANY(%(ids)s::bigint[])
"""
EMAIL = """
INSERT INTO cases_outgoingemail (case_id, kind, release_number, recipient_id, address, state, message_id, attempts,
    next_try, last_error, created)
SELECT c.id, 'released', release_number, member_id, email, 'waiting', '', 0, %(at)s, '', %(at)s
FROM cases_case c JOIN cases_user u ON u.id = c.member_id WHERE c.id = ANY(%(ids)s::bigint[])
"""


def release_by_hand(connection: psycopg.Connection, size: int, wall_clock: dt.datetime) -> int:
    """Release what is due at `wall_clock` (naive) in batches of `size`. Return how many."""
    released, found = 0, size
    while found == size:
        values: dict[str, Any] = {"at": dt.datetime.now(dt.UTC), "batch": uuid.uuid4(), "size": size}
        values |= {"date": wall_clock.date(), "time": wall_clock.time()}
        with connection.transaction():
            ids = [row[0] for row in connection.execute(STAMP, values)]
            # One text, because psycopg is slow at writing arrays.
            values["ids"] = "{" + ",".join(map(str, ids)) + "}"
            connection.execute(HISTORY, values)
            connection.execute(EMAIL, values)
        found = len(ids)
        released += found
    return released


def main() -> None:
    """Wait for the instant and release."""
    instant, size = float(sys.argv[1]), int(sys.argv[2])
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("SELECT 1").fetchone()
        connection.commit()
        print("ready", flush=True)  # noqa: T201
        time.sleep(max(0, instant - time.time()))
        release_by_hand(connection, size, dt.datetime.fromtimestamp(instant, dt.UTC).replace(tzinfo=None))


if __name__ == "__main__":
    main()
