"""Pending: what a million pending cases cost everyone else.

python -m tests.bench.pending [--small]
"""

import datetime as dt
import itertools
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil

from tests.bench.dataset_sizes import Dataset
from tests.bench.figures import Chart, Figure, Section, Table, at_most, standalone
from tests.bench.servers import Servers, start_servers
from tests.static_files import collect_static

Work = Callable[[], object]
SWEEPS = 20


@dataclass(frozen=True)
class Found:
    """Results by what was done and by the number of pending cases."""

    repetitions: int
    milliseconds: dict[str, dict[int, float]]
    plans: dict[str, Any]
    counting: dict[int, float]
    memory: dict[int, float]


def measure(*, small: bool) -> Section:
    """Measure the datasets by turns: medians, and a worker's memory. Explain the plans on the largest."""
    sizes, repetitions = ((1000, 20_000), 12) if small else ((1000, 100_000, 1_000_000), 100)
    with start_servers(ALLOWED_HOSTS="testserver") as servers:
        collect_static()
        datasets = [Dataset(size) for size in sizes]
        for dataset in datasets:
            dataset.build()
        works = {dataset.pending: _works(dataset) for dataset in datasets}
        found = Found(
            repetitions,
            _in_turns(datasets, works, repetitions),
            _plans(datasets[-1], works),
            {dataset.pending: _counting(dataset) for dataset in datasets},
            {dataset.pending: _worker_memory(servers, dataset) / 1e6 for dataset in datasets},
        )
    return _section(found, list(sizes))


def _section(found: Found, sizes: list[int]) -> Section:
    first, last = sizes[0], sizes[-1]
    ratios = {name: of_size[last] / of_size[first] for name, of_size in found.milliseconds.items()}
    scans = sum(len(plan.whole_table) for plan in found.plans.values())
    memory = found.memory[last] / found.memory[first]
    counts = [f"{size:,}" for size in sizes]
    return Section(
        "pending",
        "Pending",
        f"Other people have {', '.join(counts)} pending cases, each in its own schema of one PostgreSQL server. The "
        "people whose pages are measured have the same cases in each. Figures are medians of "
        f"{found.repetitions} runs, alternating between the schemas. Pages are requested through Django's test client "
        "with all middleware. The sweep runs as its task does and finds nothing due. The totals that staff see are "
        "counted every minute by a separate task, whose cost grows with the number of cases.",
        [
            *(at_most(f"{name}: {last:,} ÷ {first:,} pending", ratio, "", 1.3) for name, ratio in ratios.items()),
            at_most(f"sequential scans of the cases at {last:,}", scans, "", 0),
            at_most(f"memory of a worker: {last:,} ÷ {first:,} pending", memory, "", 1.2),
            Figure(f"counting the totals at {last:,}", found.counting[last], "ms"),
        ],
        [
            Table("Medians, ms", ["", *counts], [_row(name, took) for name, took in found.milliseconds.items()]),
            Table(
                "Indexes read",
                ["", "indexes"],
                [[name, ", ".join(sorted(plan.indexes))] for name, plan in found.plans.items()],
            ),
            Table(
                "Memory and counting",
                ["", *counts],
                [
                    _row("a release worker with two processes, MB", found.memory),
                    _row("counting the totals, ms", found.counting),
                ],
            ),
        ],
        [Chart(f"{last:,} ÷ {first:,} pending", "ratio of medians", ratios)],
    )


def _works(dataset: Dataset) -> dict[str, Work]:
    """Return what is measured, prepared for `dataset`."""
    from django.test import Client
    from django.utils import timezone

    from cases import releases
    from cases.core.schedule import Schedule
    from cases.models import Case, User
    from cases.models.case_states import SCHEDULED
    from tasks.releases import sweep

    dataset.enter()
    member, technician, administrator = (User.objects.get(username=name) for name in ("mia", "tom", "ada"))
    case = Case.objects.filter(SCHEDULED, assigned_to=technician)[0]
    days = itertools.count()

    def schedule() -> None:
        date = timezone.localdate() + dt.timedelta(days=20 + next(days) % 300)
        releases.schedule(case=case, by=technician, source="web", release_on=Schedule(date))

    def page(user: User, path: str) -> Work:
        client = Client()
        client.force_login(user)
        return lambda: _expect_200(client.get(path))

    return {
        "sweep": sweep,
        "schedule": schedule,
        "read probe": lambda: releases.release_due_of(member),
        "member's dashboard": page(member, "/"),
        "technician's dashboard": page(technician, "/"),
        "technician's list, of the case number": page(technician, f"/cases/?q={case.external_case_id}"),
        "administrator's dashboard": page(administrator, "/"),
        "administrator's list": page(administrator, "/cases/"),
    }


def _expect_200(response: Any) -> None:
    if response.status_code != 200:
        raise AssertionError(f"answered {response.status_code}")


def _in_turns(
    datasets: list[Dataset], works: dict[int, dict[str, Work]], repetitions: int
) -> dict[str, dict[int, float]]:
    """Return the medians in milliseconds, by what was done and by dataset. The first two runs are not counted."""
    times: dict[str, dict[int, list[float]]] = {
        name: {dataset.pending: [] for dataset in datasets} for name in works[datasets[0].pending]
    }
    for _ in range(repetitions + 2):
        for dataset in datasets:
            dataset.enter()
            for name, work in works[dataset.pending].items():
                begun = time.perf_counter()
                work()
                times[name][dataset.pending].append((time.perf_counter() - begun) * 1000)
    return {
        name: {size: statistics.median(taken[2:]) for size, taken in of_size.items()} for name, of_size in times.items()
    }


def _plans(dataset: Dataset, works: dict[int, dict[str, Work]]) -> dict[str, Any]:
    from tests.plans import Plans

    dataset.enter()
    return {name: Plans(work) for name, work in works[dataset.pending].items()}


def _counting(dataset: Dataset) -> float:
    """Return the milliseconds of counting all cases, the best of three."""
    from cases.models import SampledTotal
    from cases.monitoring import sampled_totals

    dataset.enter()
    taken = []
    for _ in range(3):
        SampledTotal.objects.all().delete()
        begun = time.perf_counter()
        sampled_totals.refresh()
        taken.append((time.perf_counter() - begun) * 1000)
    return min(taken)


def _worker_memory(servers: Servers, dataset: Dataset) -> int:
    """Return the bytes that a release worker and its pool hold after some sweeps of `dataset`."""
    from portal.celery import app
    from tests.integration.steps import until

    database = dataset.database_url(os.environ["DATABASE_URL"])
    worker = servers.worker("releases", processes=2, name=dataset.schema, DATABASE_URL=database)
    for _ in range(SWEEPS):
        app.send_task("tasks.releases.sweep", queue="releases")
    until("the worker has swept", lambda: worker.logs().count("succeeded in") >= SWEEPS)
    family = [worker.pid, *worker.children()]
    held: int = sum(psutil.Process(pid).memory_info().rss for pid in family)
    worker.teardown()
    return held


def _row(name: str, values: dict[int, float]) -> list[str]:
    return [name, *(f"{value:.2f}" for value in values.values())]


if __name__ == "__main__":
    standalone(measure)
