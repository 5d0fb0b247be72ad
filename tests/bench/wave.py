"""How long a wave takes against the same three statements in plain SQL, in one run on one machine.

    .venv/bin/python -m tests.bench.wave [--cases 10000] [--runs 5]

Runs on DATABASE_URL; where that is not set, on a PostgreSQL server of its own. Both ways release the same rows in
turns, each in batches of RELEASE_BATCH_SIZE in transactions of their own; the median of the runs counts.
"""

import argparse
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.services import postgresql

MEMBERS = 500

PLAIN = (
    """UPDATE cases_case
       SET actual_release_date = %(at)s, release_number = release_number + 1, release_batch = %(batch)s
       WHERE id IN (SELECT id FROM cases_case WHERE status = 'completed' AND actual_release_date IS NULL
                    AND scheduled_release_date <= %(day)s LIMIT %(size)s FOR UPDATE SKIP LOCKED)""",
    """INSERT INTO cases_releaseevent (case_id, kind, at, source, system_actor, from_status, to_status,
           from_date, to_date, schedule_revision, release_number, release_batch, reason)
       SELECT id, 'released', %(at)s, 'sweep', 'plain', status, status,
           scheduled_release_date, scheduled_release_date, schedule_revision, release_number, release_batch, ''
       FROM cases_case WHERE release_batch = %(batch)s""",
    """INSERT INTO cases_outgoingemail (case_id, kind, release_number, recipient_id, address, state, message_id,
           attempts, next_try, last_error, created)
       SELECT c.id, 'released', release_number, member_id, email, 'waiting', '', 0, %(at)s, '', %(at)s
       FROM cases_case c JOIN cases_user u ON u.id = c.member_id WHERE release_batch = %(batch)s""",
)


def main() -> None:
    """Prints the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with ExitStack() as stack:
        os.environ.setdefault("SECRET_KEY", "bench")
        os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        if "DATABASE_URL" not in os.environ:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-", dir="/tmp"))
            os.environ["DATABASE_URL"] = stack.enter_context(postgresql(Path(directory) / "pg"))
        _run(options.cases, options.runs)


def _run(cases: int, runs: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from cases import messages

    messages.PAUSE_AFTER_FAILURE = 1e9  # the broker is not what is measured
    call_command("migrate", verbosity=0)
    ways: dict[str, Callable[[], int]] = {"plain SQL": _plain, "release_due": _ours}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs + 1):
        for name, release in ways.items():
            _fill(cases)
            started = time.perf_counter()
            released = release()
            seconds[name].append(time.perf_counter() - started)
            if released != cases:
                raise AssertionError(f"{name} released {released} of {cases}.")
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}
    for name, median in medians.items():
        print(f"{connection.vendor}: {name}: {cases} cases in {median:.3f} s, {cases / median:,.0f} a second")  # noqa: T201
    print(f"{connection.vendor}: ratio of throughput {medians['plain SQL'] / medians['release_due']:.2f}")  # noqa: T201
    connection.close()


def _fill(cases: int) -> None:
    from django.db import connection

    from cases import schedule
    from cases.models import Case, OutgoingEmail, ReleaseEvent, User

    if not User.objects.exists():
        User.objects.bulk_create(User(username=f"m{n}", email=f"m{n}@example.com") for n in range(MEMBERS))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("TRUNCATE cases_case, cases_releaseevent, cases_outgoingemail CASCADE")
        else:
            for model in (OutgoingEmail, ReleaseEvent, Case):
                cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608
    members = list(User.objects.values_list("pk", flat=True))
    Case.objects.bulk_create(
        (
            Case(
                member_id=members[n % MEMBERS],
                status="completed",
                external_case_id=f"B-{n}",
                scheduled_release_date=schedule.today(),
                schedule_revision=1,
            )
            for n in range(cases)
        ),
        batch_size=2000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _plain() -> int:
    from django.conf import settings
    from django.db import connection, transaction
    from django.utils import timezone

    from cases import schedule

    size, released = settings.RELEASE_BATCH_SIZE, 0
    while True:
        values = {"at": timezone.now(), "batch": uuid.uuid4(), "day": schedule.today(), "size": size}
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                for statement in PLAIN:
                    cursor.execute(statement, values)
                count = cursor.rowcount
            else:
                count = _plain_sqlite(cursor, values)
        released += count
        if count < size:
            return released


def _plain_sqlite(cursor, values) -> int:  # type: ignore[no-untyped-def]
    values = values | {"batch": values["batch"].hex, "at": str(values["at"].replace(tzinfo=None))}
    count = 0
    for statement in PLAIN:
        plain = statement.replace("FOR UPDATE SKIP LOCKED", "")
        cursor.execute(plain, values)
        count = cursor.rowcount
    return int(count)


def _ours() -> int:
    from cases import releases

    return len(releases.release_due(by="bench", source="sweep").released)


if __name__ == "__main__":
    main()
