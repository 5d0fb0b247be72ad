"""How late single releases become visible: 100 cases, each with an instant and an ETA task of its own.

    .venv/bin/python -m tests.bench.lateness [--cases 100]

Starts PostgreSQL (or takes DATABASE_URL), Redis and a release worker with two processes. "Visible" is what another
connection sees, asked every 2 milliseconds; nothing is taken from the stamps.
"""

import argparse
import datetime as dt
import os
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.services import RedisServer, postgresql

LEAD = dt.timedelta(seconds=3)
APART = dt.timedelta(milliseconds=150)


def main() -> None:
    """Prints median, p95 and maximum in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100)
    cases = parser.parse_args().cases
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-", dir="/tmp")))
        directory.chmod(0o755)
        os.environ |= {"SECRET_KEY": "bench", "RELEASE_MIN_DAYS": "0", "DJANGO_SETTINGS_MODULE": "portal.settings"}
        os.environ.setdefault("EMAIL_URL", "dummymail://")
        redis = RedisServer(directory)
        redis.start()
        stack.callback(redis.stop)
        os.environ["REDIS_URL"] = redis.url
        if "DATABASE_URL" not in os.environ:
            os.environ["DATABASE_URL"] = stack.enter_context(postgresql(directory / "pg"))
        _run(cases, directory, stack)


def _run(cases: int, directory: Path, stack: ExitStack) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.integration.processes import LocalWorker

    call_command("migrate", verbosity=0)
    worker = LocalWorker("bench", "releases", concurrency=2, directory=directory, env=dict(os.environ))
    stack.callback(worker.teardown)
    worker.ready()
    late = sorted(_watch(_schedule(cases)))
    by_source = _sources()
    p95 = late[int(len(late) * 0.95) - 1]
    print(  # noqa: T201
        f"{connection.vendor}: {len(late)} single releases, visible after median {statistics.median(late):.0f} ms, "
        f"p95 {p95:.0f} ms, max {late[-1]:.0f} ms, min {late[0]:.0f} ms; released by {by_source}"
    )
    connection.close()


def _schedule(cases: int) -> dict[int, dt.datetime]:
    """Completes the cases through the verb, APART from each other. Their instants by id."""
    from django.utils import timezone

    from cases import releases
    from cases.models import User
    from cases.schedule import Schedule
    from tests.factories import CaseFactory, UserFactory

    technician = UserFactory(username="bench", role=User.Role.TECHNICIAN)
    made = [CaseFactory(assigned_to=technician) for _ in range(cases)]
    first = timezone.now() + LEAD + dt.timedelta(milliseconds=15 * cases)
    instants = {}
    for number, case in enumerate(made):
        moment = timezone.localtime(first + number * APART)
        release_on = Schedule(moment.date(), moment.time())
        releases.complete(case=case, by=technician, source="web", release_on=release_on)
        instants[case.pk] = moment
    if timezone.now() > first:
        raise AssertionError("Scheduling took longer than the lead.")
    return instants


def _watch(instants: dict[int, dt.datetime]) -> list[float]:
    """Milliseconds from each instant until another connection saw the case released."""
    from django.utils import timezone

    from cases.models import Case

    late: list[float] = []
    waiting = dict(instants)
    while waiting:
        near = [pk for pk, instant in waiting.items() if instant - timezone.now() < APART]
        visible = list(Case.objects.filter(pk__in=near, actual_release_date__isnull=False).values_list("pk", flat=True))
        late += [(timezone.now() - waiting.pop(pk)) / dt.timedelta(milliseconds=1) for pk in visible]
        time.sleep(0.002)
    return late


def _sources() -> dict[str, int]:
    from django.db.models import Count

    from cases.models import ReleaseEvent

    released = ReleaseEvent.objects.filter(kind="released").order_by()
    return dict(released.values_list("source").annotate(Count("pk")))


if __name__ == "__main__":
    main()
