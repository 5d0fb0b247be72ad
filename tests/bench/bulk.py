"""Bulk scheduling and its undo, next to a loop over the verb on one case.

python -m tests.bench.bulk [--small]
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.figures import Chart, Figure, Section, Table, at_most, standalone
from tests.bench.servers import start_servers

TEXT = """
Preview: the verdicts on the selected cases, and the totals. Run: all of them get another release date, with history,
in the process that measures. Undo: its preview and its run, which give them the former dates back. The loop calls the
verb that sets the release date of one case, which is what a person would do case by case; the wake-ups of both
are published to a Redis. Medians of the rounds; the loop runs once, over a tenth of the cases, and is multiplied.
""".strip().replace("\n", " ")

# Within the window of ETA tasks, so that both publish wake-ups.
DAYS = 7
LOOP_SHARE = 10


@dataclass(frozen=True)
class Round:
    """Seconds of one round, for the same number of cases."""

    preview: float
    run: float
    undo_preview: float
    undo: float


def measure(*, small: bool) -> Section:
    """Measure some rounds over the same cases."""
    cases, rounds = (500, 1) if small else (10_000, 3)
    with start_servers():
        keys, technician = _make_cases(cases)
        measured = [_round(keys, technician, days=2 * number + 1) for number in range(rounds)]
        loop = LOOP_SHARE * _timed(lambda: _loop(keys[: cases // LOOP_SHARE], technician))
    return section(cases, measured, loop)


def section(cases: int, rounds: list[Round], loop: float) -> Section:
    """Return the section of the report."""
    preview, run, undo_preview, undo = (
        statistics.median(getattr(each, name) for each in rounds) for name in ("preview", "run", "undo_preview", "undo")
    )
    figures = [
        at_most(f"Preview of {cases:,} cases", preview, "s", 3),
        at_most(f"{cases:,} cases get another date", run, "s", 5),
        at_most("Preview of the undo", undo_preview, "s", 3),
        at_most("Undo", undo, "s", 5),
        Figure("Loop over the verb", loop, "s"),
        Figure("Loop over the verb / run", loop / run, ""),
    ]
    rows = [
        [str(number), *(f"{value:.2f}" for value in (each.preview, each.run, each.undo_preview, each.undo))]
        for number, each in enumerate(rounds, 1)
    ]
    table = Table("Seconds, round by round", ["round", "preview", "run", "preview of the undo", "undo"], rows)
    bars = {"preview": preview, "run": run, "undo": undo, "loop over the verb": loop}
    chart = Chart(f"Another release date for {cases:,} cases", "s", bars, logarithmic=True)
    return Section("bulk", "Bulk operations", TEXT, figures, [table], [chart])


def _round(keys: list[int], technician: object, *, days: int) -> Round:
    from cases.models import BulkRow
    from cases.releases import bulk

    chosen = bulk.Parameters(days=days)
    made: list[object] = []

    def preview() -> None:
        made.append(bulk.preview(by=technician, action="shift", keys=keys, parameters=chosen))  # type: ignore[arg-type]

    def preview_undo() -> None:
        made[0].refresh_from_db()  # type: ignore[attr-defined]
        made.append(bulk.preview_undo(by=technician, run=made[0]))  # type: ignore[arg-type]

    def work_off() -> None:
        bulk.start(by=technician, run=made[-1])  # type: ignore[arg-type]
        bulk.work_off()

    seconds = Round(_timed(preview), _timed(work_off), _timed(preview_undo), _timed(work_off))
    if done := BulkRow.objects.filter(run__in=[run.pk for run in made]).exclude(result="done").count():  # type: ignore[attr-defined]
        raise ValueError(f"{done} rows were not changed.")
    return seconds


def _loop(keys: list[int], technician: object) -> None:
    from cases import releases
    from cases.core.schedule import Schedule
    from cases.models import Case

    for case in Case.objects.filter(pk__in=keys):
        wanted = Schedule((case.scheduled_release_date or dt.date.max) + dt.timedelta(days=1))
        releases.schedule(case=case, by=technician, source="web", release_on=wanted)  # type: ignore[arg-type]


def _make_cases(count: int) -> tuple[list[int], object]:
    from django.db import connection

    from cases.models import Case, User
    from tests.clocks import portals_today
    from tests.factories import CaseFactory, UserFactory

    members = UserFactory.create_batch(100)
    technician = UserFactory(role=User.Role.TECHNICIAN)
    day = portals_today() + dt.timedelta(days=DAYS)
    rows = Case.objects.bulk_create(
        CaseFactory.build(
            scheduled=True, member=members[number % 100], assigned_to=technician, scheduled_release_date=day
        )
        for number in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [row.pk for row in rows], technician


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    standalone(measure)
