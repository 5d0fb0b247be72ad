"""Wave: cases due at one instant, released by a real worker, by the same statements in plain SQL, and by others.

python -m tests.bench.wave [--small]
"""

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.bench.figures import Chart, Figure, Section, Table, at_least, at_most, standalone
from tests.bench.machine import ROOT
from tests.bench.peers import wave_rows
from tests.bench.servers import Servers, start_servers
from tests.bench.wave_setup import ReleaseQueue, Times, WaveSetup, arm, warm_up

TEXT = """
All cases fall due at one instant. A real worker (prefork) holds the wake-ups for it, armed by the look-ahead of the
sweep, and has run sweeps before. Another connection checks every 5 milliseconds what is visible. Time runs from the
instant until it sees the last case, and every case must have its history row and its email row. Plain SQL is one
process that waits for the instant and then runs three hand-written statements for each batch of 2,000. Two such
processes show how much a second process can gain on this machine. The approaches take turns, and figures are medians of
their runs. The other libraries do the same work in their own environments, observed in the same way.
""".strip().replace("\n", " ")

Release = Callable[[float], None]  # prepares a wave for release at the instant, in seconds since the epoch
Measured = dict[tuple[str, int], list[Times]]


@dataclass(frozen=True)
class Way:
    """One way to release: a worker or plain SQL, with a number of processes."""

    name: str
    processes: int
    by_hand: bool = False


PLAIN = Way("plain SQL", 1, by_hand=True)
PLAIN_TWICE = Way("plain SQL in two processes", 2, by_hand=True)
ONE, TWO = Way("one worker process", 1), Way("two worker processes", 2)
WAYS = (PLAIN, ONE, PLAIN_TWICE, TWO)
REQUIRED = 10_000  # the size that the goals apply to
ROUNDS_OF_LARGER = 3
GOAL_OF_ONE, GOAL_OF_TWO = 0.8, 1.3
CELERY = "Celery, one ETA task a case"


def measure(*, small: bool) -> Section:
    """Measure every way with every size by turns, then the peers. A small run leaves out the peers."""
    sizes, rounds = ((1_000,), 1) if small else ((1_000, 10_000, 100_000), 5)
    with start_servers() as servers:
        measured = waves(servers, sizes, rounds)
    return section(measured, sizes, [] if small else wave_rows(small))


def waves(servers: Servers, sizes: tuple[int, ...], rounds: int, ways: tuple[Way, ...] = WAYS) -> Measured:
    """Return the times of every run, by the name of the way and the size."""
    setup = WaveSetup(servers.environment["DATABASE_URL"])
    servers.stack.callback(setup.close)
    measured: Measured = {(way.name, cases): [] for way in ways for cases in sizes}
    for done in range(rounds):
        for way in ways:
            with _ready(way, servers) as release:
                for cases in (cases for cases in sizes if cases <= REQUIRED or done < ROUNDS_OF_LARGER):
                    instant = setup.due_together(cases, release)
                    measured[way.name, cases].append(setup.watch(instant))
    return measured


@contextmanager
def _ready(way: Way, servers: Servers) -> Iterator[Release]:
    if way.by_hand:
        yield lambda instant: _start_by_hand(way.processes, instant, servers)
        return
    queue = ReleaseQueue(servers.redis.url)
    worker = servers.worker("releases", processes=way.processes)
    warm_up(worker, queue)

    def release(instant: float) -> None:
        queue.wait_until_empty()
        arm(instant)

    yield release
    queue.wait_until_empty()
    worker.teardown()


def _start_by_hand(processes: int, instant: float, servers: Servers) -> None:
    from django.conf import settings

    command = [sys.executable, "-m", "tests.bench.handwritten_baseline", str(instant), str(settings.RELEASE_BATCH_SIZE)]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=servers.environment, stdout=subprocess.PIPE) for _ in range(processes)
    ]
    for process in started:
        servers.stack.callback(process.wait)
        if not process.stdout or process.stdout.readline() != b"ready\n":
            raise RuntimeError("A process for plain SQL did not get ready.")


def section(measured: Measured, sizes: tuple[int, ...], rows: list[dict[str, Any]]) -> Section:
    """Return the section of the report."""
    largest_common = max(cases for cases in sizes if cases <= REQUIRED)
    figures = [*_against_plain(measured, sizes), *_against_peers(measured, largest_common, rows)]
    p99 = _median(measured, TWO, largest_common, "p99")
    figures.insert(0, at_most(f"{largest_common:,} cases visible, p99, {TWO.name}", p99, "s", 0.6))
    table = Table(
        "Seconds from the instant until the cases were visible, median of the runs",
        ["way", "cases", "p50", "p99", "total", "slowest run", "cases a second"],
        [_row(measured, way, cases) for cases in sizes for way in WAYS],
    )
    text = TEXT + _what_limits_the_second(measured, [cases for cases in sizes if cases >= REQUIRED])
    return Section(
        "wave", "A wave", text, figures, [table, _peers_table(rows)], [_chart(measured, largest_common, rows)]
    )


def _what_limits_the_second(measured: Measured, sizes: list[int]) -> str:
    """Say by how much two worker processes miss their goal, and what a second process brings to plain SQL."""
    said = ""
    for cases in sizes:
        plain = _median(measured, PLAIN, cases, "total")
        two, ceiling = (plain / _median(measured, way, cases, "total") for way in (TWO, PLAIN_TWICE))
        if two < GOAL_OF_TWO:
            said += (
                f" At {cases:,} cases two worker processes reach {two:.2f} instead of {GOAL_OF_TWO}. There, a second"
                f" process speeds plain SQL up by a factor of {ceiling:.2f}. The few batches of such a wave are not"
                " shared evenly, and two database processes fill the cores that the observer, the worker and Redis need"
                " too."
            )
    return said


def _against_plain(measured: Measured, sizes: tuple[int, ...]) -> list[Figure]:
    """Compare with plain SQL. Goals apply to sizes at which the work, not the wake-up, takes the time."""
    figures = []
    for cases in sizes:
        plain = _median(measured, PLAIN, cases, "total")
        for way, goal in ((ONE, GOAL_OF_ONE), (TWO, GOAL_OF_TWO), (PLAIN_TWICE, None)):
            name = f"{cases:,} cases, {way.name}: throughput against plain SQL"
            ratio = plain / _median(measured, way, cases, "total")
            required = goal is not None and cases >= REQUIRED
            figures.append(at_least(name, ratio, "", goal) if required else Figure(name, ratio, ""))
    return figures


def _against_peers(measured: Measured, cases: int, rows: list[dict[str, Any]]) -> list[Figure]:
    ours = _median(measured, TWO, cases, "total")
    times = {row["name"]: row["total_s"] for row in rows if row["cases"] == cases}
    figures = []
    if CELERY in times:
        name = f"{cases:,} cases: throughput against one plain Celery task a case"
        figures.append(at_least(name, times[CELERY] / ours, "", 50))
    others = {name: total for name, total in times.items() if not name.startswith("Celery")}
    if others:
        best = min(others, key=others.__getitem__)
        name = f"{cases:,} cases: throughput against the best other peer ({best})"
        figures.append(at_least(name, others[best] / ours, "", 10))
    return figures


def _median(measured: Measured, way: Way, cases: int, which: str) -> float:
    return statistics.median(getattr(times, which) for times in measured[way.name, cases])


def _row(measured: Measured, way: Way, cases: int) -> list[str]:
    p50, p99, total = (_median(measured, way, cases, which) for which in ("p50", "p99", "total"))
    slowest = max(times.total for times in measured[way.name, cases])
    numbers = [f"{seconds:.3f}" for seconds in (p50, p99, total, slowest)]
    return [way.name, f"{cases:,}", *numbers, f"{cases / total:,.0f}"]


def _peers_table(rows: list[dict[str, Any]]) -> Table:
    numbers = [[f"{row['cases']:,}", *(f"{row[key]:.2f}" for key in ("p50_s", "p99_s", "total_s"))] for row in rows]
    told = [[row["name"], row["version"], *of_row, row["note"]] for row, of_row in zip(rows, numbers, strict=True)]
    return Table(
        "The others, seconds from the instant", ["way", "version", "cases", "p50", "p99", "total", "note"], told
    )


def _chart(measured: Measured, cases: int, rows: list[dict[str, Any]]) -> Chart:
    bars = {way.name: _median(measured, way, cases, "total") for way in (TWO, ONE, PLAIN)}
    bars |= {row["name"]: row["total_s"] for row in rows if row["cases"] == cases}
    return Chart(f"{cases:,} cases due at once: seconds until the last one was visible", "s", bars, logarithmic=True)


if __name__ == "__main__":
    standalone(measure)
