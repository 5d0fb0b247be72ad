"""Bell: the cost that the bell adds to a page, with a thousand and with a million notifications.

python -m tests.bench.bell [--small]
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.bench.dataset_sizes import Dataset
from tests.bench.figures import Chart, Figure, Section, Table, at_most, standalone
from tests.bench.servers import start_servers
from tests.static_files import collect_static

# Of every ten, Tom and Mia each have four unread and one read.
FILL = """
INSERT INTO cases_notification (recipient_id, case_id, kind, ref, at, read_at)
SELECT CASE n %% 2 WHEN 0 THEN %(mia)s ELSE %(tom)s END, %(case)s, 'question', n, now(),
    CASE WHEN n %% 10 > 7 THEN now() END
FROM generate_series(1, %(notifications)s) AS n
"""
CASES = 1000
# Pages by name: who opens it, and its address.
PAGES = {
    "a member's dashboard": ("mia", "/"),
    "a technician's dashboard": ("tom", "/"),
    "a technician's case": ("tom", "/cases/{case}/"),
    "a technician's list": ("tom", "/cases/?technician=mine"),
    "an administrator's list, nothing unread": ("ada", "/cases/"),
}
# Requests in a row, with and without the bell, before it is the other dataset's turn.
IN_A_ROW = 5


@dataclass
class ManyNotifications(Dataset):
    """One schema with as many notifications as `pending`."""

    @property
    def schema(self) -> str:
        return f"bell_{self.pending}"

    @property
    def case(self) -> int:
        """The key of an accepted case of Mia and Tom."""
        from cases.models import Case

        return Case.objects.filter(member__username="mia", status="accepted").latest("pk").pk

    def _crowd(self) -> None:
        from django.db import connection

        from cases.models import User

        notifications, self.pending = self.pending, CASES
        super()._crowd()
        self.pending = notifications
        keys = dict(User.objects.values_list("username", "pk"))
        with connection.cursor() as cursor:
            cursor.execute(FILL, keys | {"case": self.case, "notifications": notifications})


def measure(*, small: bool) -> Section:
    """Measure every page, its bell, and the page of notifications, alternating between the two numbers."""
    sizes, repetitions = ((1000, 20_000), 2) if small else ((1000, 1_000_000), 10)
    with start_servers(ALLOWED_HOSTS="testserver"):
        collect_static()
        datasets = [ManyNotifications(size) for size in sizes]
        for dataset in datasets:
            dataset.build()
        works = {dataset.pending: _works(dataset) for dataset in datasets}
        return _section(_in_turns(datasets, works, repetitions), sizes, repetitions)


Work = Callable[[], float]  # returns milliseconds
BELL = ", of which the bell"
OWN_PAGE, COUNT = "the page of notifications", "the number alone (what an open page asks for)"


def _works(dataset: ManyNotifications) -> dict[str, Work]:
    from django.test import Client

    from cases.models import User

    dataset.enter()
    clients = {name: Client() for name in ("mia", "tom", "ada")}
    for name, client in clients.items():
        client.force_login(User.objects.get(username=name))
    addresses = {name: (who, path.replace("{case}", str(dataset.case))) for name, (who, path) in PAGES.items()}
    works: dict[str, Work] = {}
    for name, (who, path) in addresses.items():
        works[name] = _page(clients[who], path)
        works[name + BELL] = _bell(works[name])
    return works | {OWN_PAGE: _page(clients["tom"], "/notifications/"), COUNT: _page(clients["tom"], "/live/")}


def _page(client: Any, path: str) -> Work:
    def ask() -> float:
        begun = time.perf_counter()
        answer = client.get(path)
        if answer.status_code != 200:
            raise AssertionError(f"{path} answered {answer.status_code}")
        return (time.perf_counter() - begun) * 1000

    return ask


def _bell(page: Work) -> Work:
    """Return how long the bell of a page takes: its statement and its markup."""
    from django.template.library import SimpleNode

    from cases.templatetags.notifications import bell

    drawn = SimpleNode.render

    def ask() -> float:
        spent: list[float] = []

        def render(node: Any, context: Any) -> str:
            begun = time.perf_counter()
            text = str(drawn(node, context))
            if node.func is bell:
                spent.append((time.perf_counter() - begun) * 1000)
            return text

        with patch.object(SimpleNode, "render", render):
            page()
        return sum(spent)

    return ask


Times = dict[str, dict[int, list[float]]]


def _in_turns(datasets: list[ManyNotifications], works: dict[int, dict[str, Work]], repetitions: int) -> Times:
    """Return the milliseconds by what was done and by dataset. The first turn is not counted."""
    times: Times = {name: {dataset.pending: [] for dataset in datasets} for name in works[datasets[0].pending]}
    for turn in range(repetitions + 1):
        for dataset in datasets:
            dataset.enter()
            for _each in range(IN_A_ROW):
                for name, work in works[dataset.pending].items():
                    took = work()
                    if turn:
                        times[name][dataset.pending].append(took)
    return times


def _section(times: Times, sizes: tuple[int, ...], repetitions: int) -> Section:
    most = sizes[-1]
    medians = {name: {size: statistics.median(taken) for size, taken in by.items()} for name, by in times.items()}
    added = {name: medians[name + BELL] for name in PAGES}
    return Section(
        "bell",
        "Bell",
        f"Pages and the bell in them, with {sizes[0]:,} and with {most:,} notifications, {repetitions * IN_A_ROW} "
        "times each, through Django's test client with all middleware and PostgreSQL. Two people share the "
        "notifications and have read a fifth of them. What the bell adds is its statement and its markup.",
        [
            *(at_most(f"{name}: added at {most:,}", by[most], "ms", 1) for name, by in added.items()),
            Figure(f"{OWN_PAGE}, median at {most:,}", medians[OWN_PAGE][most], "ms"),
            Figure(f"{COUNT}, median at {most:,}", medians[COUNT][most], "ms"),
        ],
        [
            Table(
                "Median, ms",
                ["", *(f"{size:,} notifications" for size in sizes)],
                [[name, *(f"{by[size]:.2f}" for size in sizes)] for name, by in medians.items()],
            )
        ],
        [Chart(f"What the bell adds at {most:,} notifications", "ms", {name: by[most] for name, by in added.items()})],
    )


if __name__ == "__main__":
    standalone(measure)
