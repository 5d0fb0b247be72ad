"""Set up cases that are due together, and watch from outside how they become visible.

Everything here is plain SQL over a separate connection. It does not rely on the portal's code.
"""

import datetime as dt
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import redis
from django.utils import timezone

from tests.bench.figures import percentile
from tests.bench.peers.rows import times_of
from tests.bench.peers.running import watch
from tests.integration.processes import LocalWorker
from tests.truncation import truncate

MEMBERS = 500
# In a large wave, watch this many cases until all of them are visible, and then look for all others, because reading a
# few rows every few milliseconds costs the server next to nothing.
WATCHED = 200
LONGEST = 120  # seconds after the instant

PEOPLE = """
INSERT INTO cases_user (username, email, email_canonical, role, password, first_name, last_name, is_superuser,
    is_staff, is_active, date_joined)
SELECT 'member-' || n, address, address, CASE n WHEN 0 THEN 'technician' ELSE 'member' END, '!', '', '', false,
    false, true, now()
FROM generate_series(0, %(members)s) AS n, LATERAL (SELECT 'member-' || n || '@example.com' AS address) AS mail
"""
CASES = """
INSERT INTO cases_case (external_case_id, member_id, assigned_to_id, status, urgency, title, description, date_created,
    date_completed, scheduled_release_date, scheduled_release_time, schedule_revision, release_number, release_error,
    release_attempts)
SELECT 'C-' || lpad(n::text, 10, '0'), first + n %% %(members)s, first - 1, 'completed', 'normal', 'Question ' || n,
    'What should I do, and by when? My last letter to the office of 12 May has not been answered.', now(),
    now(), moment::date, moment::time, 1, 0, '', 0
FROM (SELECT min(id) + 1 AS first FROM cases_user) AS people, generate_series(1, %(cases)s) AS n,
    LATERAL (SELECT %(instant)s::timestamp + (n - 1) * %(apart)s * interval '1 second' AS moment) AS schedule
"""
VISIBLE: LiteralString = "SELECT count(*) FROM cases_case WHERE actual_release_date IS NOT NULL"
OF_THE_WATCHED: LiteralString = VISIBLE + " AND id = ANY(%s)"

ONE_ROW_EACH: tuple[LiteralString, ...] = (
    "SELECT count(DISTINCT case_id) FROM cases_caseevent HAVING count(*) = %s",
    "SELECT count(DISTINCT case_id) FROM cases_outgoingemail HAVING count(*) = %s",
)

# Seconds from the start of filling to the instant. If one is too short for a busy machine, try the next.
LEADS = (2, 5, 15, 40)


class TooLate(Exception):
    """The instant passed before everything was ready."""


@dataclass(frozen=True)
class Times:
    """Seconds from the instant until 50 %, 99 % and all of the cases were visible."""

    p50: float
    p99: float
    total: float


class WaveSetup:
    """A wave of cases in a PostgreSQL database, whose cases it replaces."""

    def __init__(self, url: str) -> None:
        self.outside = psycopg.connect(url, autocommit=True)
        self.outside.execute(truncate("cases_user"))
        self.outside.execute(PEOPLE, {"members": MEMBERS})

    def close(self) -> None:
        """Close the connection."""
        self.outside.close()

    def due_together(self, cases: int, get_ready: Callable[[float], None]) -> float:
        """Replace all cases by `cases` new ones that fall due at one instant soon, and call `get_ready` with it.

        Return the instant, in seconds since the epoch. `get_ready` raises TooLate if it has passed."""
        for lead in LEADS:
            instant = float(math.ceil(time.time() + lead + cases / 15_000))
            self.fill(cases, instant)
            try:
                get_ready(instant)
            except TooLate:
                continue
            return instant
        raise TooLate

    def fill(self, cases: int, instant: float, *, apart: float = 0) -> None:
        """Replace all cases by `cases` new ones, due at `instant` (seconds since the epoch), or `apart` seconds apart
        from then on."""
        moment = timezone.localtime(dt.datetime.fromtimestamp(instant, dt.UTC)).replace(tzinfo=None)
        self.outside.execute(truncate("cases_case"))
        values = {"cases": cases, "members": MEMBERS, "instant": moment, "apart": apart}
        self.outside.execute(CASES, values)
        self.outside.execute("VACUUM ANALYZE cases_case")

    def first(self) -> int:
        """Return the key of the first case."""
        return self._number("SELECT min(id) FROM cases_case")

    def bytes_of(self, table: str) -> int:
        """Return the bytes of `table` and its indexes on disk."""
        return self._number("SELECT pg_total_relation_size(%s)", table)

    def watch(self, instant: float) -> Times:
        """Look every few milliseconds until every case is visible. Check its history row and its email row.

        ValueError for a case that was visible before the instant, or was not within LONGEST seconds.
        """
        ids = [row[0] for row in self.outside.execute("SELECT id FROM cases_case ORDER BY id")]
        step = math.ceil(len(ids) / WATCHED)
        watched = ids[::-step]

        def visible() -> int:
            seen = self._number(OF_THE_WATCHED, watched)
            return self._number(VISIBLE) if seen == len(watched) else seen * step

        times = times_of(watch(visible, len(ids), instant, seconds=LONGEST), len(ids))
        self.check_one_row_each(len(ids))
        return Times(percentile(times, 0.5), percentile(times, 0.99), times[-1])

    def check_one_row_each(self, cases: int) -> None:
        """Raise ValueError unless each case has exactly one history row and one email row."""
        if not all(self._number(question, cases) == cases for question in ONE_ROW_EACH):
            raise ValueError(f"Not each of {cases} cases has one history row and one email row.")

    def _number(self, question: Any, *values: Any) -> int:
        found = self.outside.execute(question, values or None).fetchone()
        return int(found[0]) if found else 0


class ReleaseQueue:
    """The queue of the release workers in Redis, with the messages they have not acknowledged."""

    def __init__(self, url: str) -> None:
        from django.conf import settings

        self._client = redis.Redis.from_url(url)
        self._prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]

    @property
    def is_empty(self) -> bool:
        """Whether every wake-up has been run."""
        waiting = self._client.llen(f"{self._prefix}releases")
        return not waiting and not self._client.hlen(f"{self._prefix}unacked")

    def wait_until_empty(self, *, seconds: float = LONGEST) -> float:
        """Return the time, in seconds since the epoch. TimeoutError after `seconds`."""
        ends = time.time() + seconds
        while not self.is_empty:
            if time.time() > ends:
                raise TimeoutError("The release workers are still busy.")
            time.sleep(0.002)
        return time.time()


def arm(instant: float) -> None:
    """Publish the wake-ups of the wave as the sweep does. TooLate if the instant has passed by then."""
    from cases.core import clock
    from cases.releases import wakeups

    wakeups.arm_upcoming(clock.portal_now())
    if time.time() > instant:
        raise TooLate


def warm_up(worker: LocalWorker, queue: ReleaseQueue) -> None:
    """Let every process of the worker's pool run some sweeps, as it has in production long before a wave."""
    from portal.celery import app

    for _ in range(6 * len(worker.children())):
        app.send_task("tasks.releases.sweep", queue="releases")
    queue.wait_until_empty()
