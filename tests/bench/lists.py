"""Lists: what each list, order and filter costs with a thousand and with a million cases.

python -m tests.bench.lists [--small]

On SQLite the same is measured in a process of its own, which Django's settings make necessary: `lists_on_sqlite`.
"""

import datetime as dt
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.bench.dataset_sizes import Dataset
from tests.bench.figures import Chart, Figure, Section, Table, at_most, percentile, standalone
from tests.bench.machine import ROOT
from tests.bench.servers import start_servers
from tests.static_files import collect_static

WARM_UP = 1
# Too few runs for a median: those of a small run, which share the machine with other tests.
FEW = 10
# Returns how many bytes were shown.
Work = Callable[[], int]
# The day of the cases. It is in the future, so that nothing falls due during the measurement.
TODAY = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
FIRST, LAST = TODAY + dt.timedelta(days=20), TODAY + dt.timedelta(days=28)
# Pages by name: who opens it, and its address.
PAGES: dict[str, tuple[str, str]] = {
    "all": ("ada", "/cases/"),
    "all, by number": ("ada", "/cases/?sort=number"),
    "all, page 20": ("ada", "/cases/?page=20"),
    "of a technician": ("tom", "/cases/?technician=mine"),
    "of a technician, few and old": ("otto", "/cases/?technician=mine"),
    "not released": ("tom", "/cases/?state=open"),
    "not released, urgent": ("tom", "/cases/?state=open&urgency=urgent"),
    "submitted": ("tom", "/cases/?state=submitted"),
    "submitted, urgent and old first": ("tom", "/cases/?state=submitted&sort=urgent"),
    "in progress": ("ada", "/cases/?state=accepted"),
    "in progress, of a technician, urgent first": ("tom", "/cases/?state=accepted&technician=mine&sort=urgent"),
    "scheduled": ("ada", "/cases/?state=scheduled"),
    "scheduled, latest first": ("tom", "/cases/?state=scheduled&technician=mine&sort=latest"),
    "scheduled, urgent": ("ada", "/cases/?state=scheduled&urgency=urgent"),
    "releasing this week": ("tom", "/cases/?due=week"),
    "release date from and to": ("ada", f"/cases/?release_from={FIRST}&release_to={LAST}"),
    "on hold": ("ada", "/cases/?state=held"),
    "held by an approval": ("ada", "/cases/?held_by=approval"),
    "released": ("ada", "/cases/?state=released"),
    "released, of one day": ("ada", "/cases/?state=released&release_from=2025-01-01&release_to=2025-01-01"),
    "not opened": ("tom", "/cases/?due=unopened"),
    "of a type": ("ada", "/cases/?type={pension}"),
    "over 90 days old": ("ada", "/cases/?age=over-90"),
    "of a member": ("ada", "/cases/?member=mia"),
    "a word of a title": ("ada", "/cases/?q=question"),
    "a word that no title has": ("ada", "/cases/?q=nothing"),
    "a member's own": ("mia", "/cases/"),
    "a member's own, a word": ("mia", "/cases/?q=question"),
}


@dataclass
class Times:
    """For one page and one number of cases: milliseconds, and the number of bytes shown."""

    milliseconds: list[float]
    shown: int = 0

    @property
    def typical(self) -> float:
        """The median, or the fastest of a few runs, because the others are slowed down by other processes."""
        return min(self.milliseconds) if len(self.milliseconds) < FEW else statistics.median(self.milliseconds)


# By page and by number of cases.
AllTimes = dict[str, dict[int, Times]]


class Portal(Protocol):
    """Something to measure: a number of cases, which this process sees once `enter` is called."""

    pending: int

    def enter(self) -> None: ...


@dataclass
class ManyCases(Dataset):
    """One schema with that many cases in all states."""

    @property
    def schema(self) -> str:
        return f"lists_{self.pending}"

    def _people(self) -> None:
        """Included with the cases."""

    def _crowd(self) -> None:
        from tests import many_cases

        many_cases.fill(self.pending, TODAY)


def measure(*, small: bool) -> Section:
    """Measure every page, alternating between the two numbers of cases, and plain statements for comparison."""
    sizes, repetitions = ((1000, 20_000), 3) if small else ((1000, 50_000, 1_000_000), 60)
    with start_servers(ALLOWED_HOSTS="testserver"):
        collect_static()
        datasets = [ManyCases(size) for size in sizes]
        for dataset in datasets:
            dataset.build()
        works = {dataset.pending: pages(dataset) | _plain(dataset) for dataset in datasets}
        times = in_turns(datasets, works, repetitions)
    on_sqlite = (1000, 5000) if small else (1000, 50_000, 100_000)
    return _section(times, sizes, repetitions, _times_on_sqlite(on_sqlite, repetitions), on_sqlite)


def _times_on_sqlite(sizes: tuple[int, ...], repetitions: int) -> AllTimes:
    with tempfile.TemporaryDirectory(prefix="portal-bench-", dir="/tmp") as directory:
        command = [sys.executable, "-m", "tests.bench.lists_on_sqlite", directory, str(repetitions), *map(str, sizes)]
        database = f"sqlite:///{Path(directory) / 'first.sqlite3'}"
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": database},
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        )
    times = json.loads(done.stdout.splitlines()[-1])
    return {name: {int(size): Times(**one) for size, one in of_size.items()} for name, of_size in times.items()}


def pages(dataset: Portal) -> dict[str, Work]:
    """Return a request of each page by its name."""
    from django.test import Client

    from cases.models import CaseType, User

    dataset.enter()
    clients = {name: Client() for name in ("ada", "tom", "otto", "mia")}
    for name, client in clients.items():
        client.force_login(User.objects.get(username=name))
    pension = str(CaseType.objects.get(name="Pension").pk)

    def page(client: Client, path: str) -> Work:
        return lambda: _bytes_of(client.get(path))

    return {name: page(clients[who], path.replace("{pension}", pension)) for name, (who, path) in PAGES.items()}


def _plain(dataset: ManyCases) -> dict[str, Work]:
    """Return what a plain view sends for its page: the count, and the first rows. No page is rendered."""
    from cases.models import Case

    def rows(**conditions: Any) -> Work:
        found = Case.objects.filter(**conditions).select_related("member", "assigned_to").order_by("-pk")
        return lambda: 0 * (found.count() + len(found[:50]))

    return {
        PLAIN: rows(title__icontains="nothing"),
        "plain statements: all": rows(),
        "plain statements: scheduled": rows(actual_release_date=None, scheduled_release_date__isnull=False),
    }


PLAIN = "plain statements: title icontains"


def _bytes_of(response: Any) -> int:
    if response.status_code != 200:
        raise AssertionError(f"answered {response.status_code}")
    return len(response.content)


def in_turns(datasets: Sequence[Portal], works: dict[int, dict[str, Work]], repetitions: int) -> AllTimes:
    """Do all the work, alternating between the datasets.

    The first run does not count. What it loads is then excluded from garbage collection, as in gunicorn.conf.py,
    because going through it takes longer than any page.
    """
    times: AllTimes = {
        name: {dataset.pending: Times([]) for dataset in datasets} for name in works[datasets[0].pending]
    }
    for number in range(repetitions + WARM_UP):
        if number == WARM_UP:
            gc.collect()
            gc.freeze()
        for dataset in datasets:
            dataset.enter()
            for name, work in works[dataset.pending].items():
                begun = time.perf_counter()
                shown = work()
                if number >= WARM_UP:
                    times[name][dataset.pending].milliseconds.append((time.perf_counter() - begun) * 1000)
                    times[name][dataset.pending].shown = shown
    return times


def _section(
    times: AllTimes, sizes: tuple[int, ...], repetitions: int, on_sqlite: AllTimes, sqlite_sizes: tuple[int, ...]
) -> Section:
    slow = {name: percentile(of_size[sizes[-1]].milliseconds, 0.95) for name, of_size in times.items()}
    return Section(
        "lists",
        "Lists",
        f"Each list, order and filter with {_enumeration(sizes)} cases in all states, in schemas of one PostgreSQL "
        f"server that take turns, {repetitions} times each, and then with {_enumeration(sqlite_sizes)} cases in files "
        "of SQLite. Pages are requested through Django's test client with all middleware. The ratio compares each "
        "page with the smallest number of cases that fills it as the largest does, if there is one, because missing "
        "rows take no time. Plain statements are those that a view without its own indexes sends for the same page: "
        "the count and the first rows. They render nothing.",
        [
            *_goals(times, sizes[-1], 60, ""),
            *_goals(on_sqlite, sqlite_sizes[-1], 150, "SQLite, "),
            Figure(f"{PLAIN}, 95th percentile at {sizes[-1]:,}", slow[PLAIN], "ms"),
        ],
        [
            _table("95th percentile, ms", times, sizes),
            _table("On SQLite, 95th percentile, ms", on_sqlite, sqlite_sizes),
        ],
        [Chart(f"Lists at {sizes[-1]:,} cases", "ms, 95th percentile", slow, logarithmic=True)],
    )


def _enumeration(sizes: tuple[int, ...]) -> str:
    return " and ".join(f"{size:,}" for size in sizes)


def _goals(times: AllTimes, most: int, limit: float, prefix: str) -> list[Figure]:
    of_pages = {name: of_size for name, of_size in times.items() if name in PAGES}
    slow = {name: percentile(of_size[most].milliseconds, 0.95) for name, of_size in of_pages.items()}
    return [
        *(at_most(f"{prefix}{name}: 95th percentile at {most:,}", slow[name], "ms", limit) for name in of_pages),
        *(
            at_most(f"{prefix}{name}: {most:,} ÷ {_full(of_size):,} cases", _ratio(of_size), "", 1.5)
            for name, of_size in of_pages.items()
            if _full(of_size) < most
        ),
    ]


def _full(of_size: dict[int, Times]) -> int:
    """Return the lowest number of cases with which the page is about as long as with the highest."""
    longest = of_size[max(of_size)].shown
    return min(size for size, one in of_size.items() if one.shown >= 0.9 * longest)


def _ratio(of_size: dict[int, Times]) -> float:
    """Return the typical time with the highest number of cases, divided by that with the lowest that fills the page."""
    return of_size[max(of_size)].typical / of_size[_full(of_size)].typical


def _table(title: str, times: AllTimes, sizes: tuple[int, ...]) -> Table:
    head = ["", *(f"{size:,} cases" for size in sizes), "ratio of medians", "to the median at"]
    rows = [
        [
            name,
            *(f"{percentile(one.milliseconds, 0.95):.1f}" for one in of_size.values()),
            f"{_ratio(of_size):.2f}",
            f"{_full(of_size):,}",
        ]
        for name, of_size in times.items()
    ]
    return Table(title, head, rows)


if __name__ == "__main__":
    standalone(measure)
