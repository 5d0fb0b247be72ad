"""Lists: what each list, order and filter costs with a thousand and with a million cases.

python -m tests.bench.lists [--small]
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench.dataset_sizes import Dataset
from tests.bench.figures import Chart, Figure, Section, Table, at_most, percentile, standalone
from tests.bench.servers import start_servers
from tests.static_files import collect_static

Work = Callable[[], object]
# Of the cases. Not before the real one, in which nothing is to fall due while it is measured.
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
class ManyCases(Dataset):
    """One schema with that many cases in all states."""

    @property
    def schema(self) -> str:
        return f"lists_{self.pending}"

    def _people(self) -> None:
        """Come with the cases."""

    def _crowd(self) -> None:
        from tests import many_cases

        many_cases.fill(self.pending, TODAY)


def measure(*, small: bool) -> Section:
    """Measure every page with both numbers of cases in turns, and plain statements beside them."""
    sizes, repetitions = ((1000, 20_000), 5) if small else ((1000, 1_000_000), 60)
    with start_servers(ALLOWED_HOSTS="testserver"):
        collect_static()
        datasets = [ManyCases(size) for size in sizes]
        for dataset in datasets:
            dataset.build()
        works = {dataset.pending: _pages(dataset) | _plain(dataset) for dataset in datasets}
        return _section(_in_turns(datasets, works, repetitions), sizes, repetitions)


def _pages(dataset: ManyCases) -> dict[str, Work]:
    from django.test import Client

    from cases.models import CaseType, User

    dataset.enter()
    clients = {name: Client() for name in ("ada", "tom", "otto", "mia")}
    for name, client in clients.items():
        client.force_login(User.objects.get(username=name))
    pension = str(CaseType.objects.get(name="Pension").pk)

    def page(client: Client, path: str) -> Work:
        return lambda: _expect_200(client.get(path))

    return {name: page(clients[who], path.replace("{pension}", pension)) for name, (who, path) in PAGES.items()}


def _plain(dataset: ManyCases) -> dict[str, Work]:
    """Return what a plain view sends for its page: the count, and the first rows. No page is rendered."""
    from cases.models import Case

    def rows(**conditions: Any) -> Work:
        found = Case.objects.filter(**conditions).select_related("member", "assigned_to").order_by("-pk")
        return lambda: (found.count(), list(found[:50]))

    return {
        PLAIN: rows(title__icontains="nothing"),
        "plain statements: all": rows(),
        "plain statements: scheduled": rows(actual_release_date=None, scheduled_release_date__isnull=False),
    }


PLAIN = "plain statements: title icontains"


def _expect_200(response: Any) -> None:
    if response.status_code != 200:
        raise AssertionError(f"answered {response.status_code}")


Times = dict[str, dict[int, list[float]]]


def _in_turns(datasets: list[ManyCases], works: dict[int, dict[str, Work]], repetitions: int) -> Times:
    """Return the milliseconds by what was done and by dataset. The first two runs are not counted."""
    times: Times = {name: {dataset.pending: [] for dataset in datasets} for name in works[datasets[0].pending]}
    for number in range(repetitions + 2):
        for dataset in datasets:
            dataset.enter()
            for name, work in works[dataset.pending].items():
                begun = time.perf_counter()
                work()
                if number > 1:
                    times[name][dataset.pending].append((time.perf_counter() - begun) * 1000)
    return times


def _section(times: Times, sizes: tuple[int, ...], repetitions: int) -> Section:
    first, last = sizes[0], sizes[-1]
    slow = {name: percentile(of_size[last], 0.95) for name, of_size in times.items()}
    ratios = {
        name: statistics.median(of_size[last]) / statistics.median(of_size[first]) for name, of_size in times.items()
    }
    pages = [name for name in times if name in PAGES]
    plain = slow[PLAIN]
    return Section(
        "lists",
        "Lists",
        f"Each list, order and filter with {first:,} and with {last:,} cases in all states, in two schemas of one "
        f"PostgreSQL server that take turns, {repetitions} times each. Pages are requested through Django's test "
        "client with all middleware. Plain statements are what a view without indexes of its own sends for the same "
        "page: the count and the first rows. They render nothing.",
        [
            *(at_most(f"{name}: 95th percentile at {last:,}", slow[name], "ms", 60) for name in pages),
            *(at_most(f"{name}: {last:,} ÷ {first:,} cases", ratios[name], "", 1.5) for name in pages),
            Figure(f"{PLAIN}, 95th percentile at {last:,}", plain, "ms"),
        ],
        [
            Table(
                "95th percentile, ms",
                ["", *(f"{size:,} cases" for size in sizes), "ratio of medians", "÷ plain icontains"],
                [_row(name, of_size, ratios[name], slow[name] / plain) for name, of_size in times.items()],
            )
        ],
        [Chart(f"Lists at {last:,} cases", "ms, 95th percentile", slow, logarithmic=True)],
    )


def _row(name: str, of_size: dict[int, list[float]], ratio: float, share: float) -> list[str]:
    return [name, *(f"{percentile(taken, 0.95):.1f}" for taken in of_size.values()), f"{ratio:.2f}", f"{share:.2f}"]


if __name__ == "__main__":
    standalone(measure)
