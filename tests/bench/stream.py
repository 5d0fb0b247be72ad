"""A stream: a thousand cases fall due every second for a minute, each at its own instant.

python -m tests.bench.stream [--small]
"""

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from tests.bench.figures import Chart, Figure, Section, Table, at_most, percentile, standalone
from tests.bench.servers import Servers, start_servers
from tests.bench.wave_setup import ReleaseQueue, TooLate, WaveSetup, warm_up
from tests.integration.processes import LocalBeat, LocalWorker

TEXT = """
Cases fall due one after the other, each at an instant of its own, with beat, a release worker with two processes and a
sweep worker. In one run nothing is armed when the cases are scheduled, so the sweep's look-ahead finds them a minute
before. In the other run each case is armed when it is scheduled. Another connection checks every few milliseconds which
cases are visible, and time runs from each case's own instant. Every case must have its history row and its email row.
The age of the last sweep comes from its heartbeat, read every second.
""".strip().replace("\n", " ")

PAUSE = 0.004
EARLY = 0.1  # look for cases whose instant is at most this far away: none may be visible
PATIENCE = 60  # seconds after the last instant
LEAD = 30  # seconds from filling to the first instant, so that two sweeps have looked ahead
ARMING = (0.004, 0.02)  # seconds that arming one case may take; the second on a busy machine
GOAL = 100  # milliseconds

SCHEDULES = """
SELECT id, extract(epoch FROM (scheduled_release_date + scheduled_release_time) AT TIME ZONE 'UTC')::float8
FROM cases_case ORDER BY scheduled_release_date, scheduled_release_time, id
"""
SEEN = "SELECT id FROM cases_case WHERE id = ANY(%s) AND actual_release_date IS NOT NULL"
RECEIVED = re.compile(r"tasks\.releases\.release_case\[[^]]*\] received")
SWEEP_AGE = "SELECT extract(epoch FROM clock_timestamp() - at)::float8 FROM cases_heartbeat WHERE name = 'sweep'"


@dataclass(frozen=True)
class Run:
    """Lateness of each case in seconds, the greatest age of the last sweep, and the number of wake-ups that the worker
    got."""

    late: list[float]
    sweep_age: float
    wake_ups: int


def measure(*, small: bool) -> Section:
    """Measure both ways of arming, one after another."""
    rate, seconds = (100, 5) if small else (1_000, 60)
    with start_servers() as servers:
        setup = WaveSetup(servers.environment["DATABASE_URL"])
        servers.stack.callback(setup.close)
        worker = servers.worker("releases", processes=2)
        servers.worker("sweep", processes=1)
        queue = ReleaseQueue(servers.redis.url)
        warm_up(worker, queue)
        _start_beat(servers)
        runs = {}
        for name, get_ready in (("by the look-ahead", _look_ahead), ("when scheduled", _when_scheduled)):
            received = _received(worker)
            get_ready(setup, rate * seconds, rate)
            late, sweep_age = watch(setup.outside)
            setup.check_one_row_each(rate * seconds)
            queue.wait_until_empty()
            runs[name] = Run(late, sweep_age, _received(worker) - received)
    return section(runs, rate, seconds)


def _start_beat(servers: Servers) -> None:
    beat = LocalBeat(directory=servers.directory, env=servers.environment)
    servers.stack.callback(beat.teardown)
    beat.ready()


def _received(worker: LocalWorker) -> int:
    return len(RECEIVED.findall(worker.logs()))


def _look_ahead(setup: WaveSetup, cases: int, rate: int) -> None:
    setup.fill(cases, time.time() + LEAD + cases / 15_000, apart=1 / rate)


def _when_scheduled(setup: WaveSetup, cases: int, rate: int) -> None:
    """Arm each case as scheduling does after its commit."""
    from cases.models import Case
    from cases.releases import wakeups

    for arming_one in ARMING:
        first = time.time() + LEAD + arming_one * cases
        setup.fill(cases, first, apart=1 / rate)
        for case in Case.objects.order_by("pk"):
            wakeups.arm_after_commit(case)
        if time.time() < first:
            return
    raise TooLate


def watch(outside: psycopg.Connection) -> tuple[list[float], float]:
    """Return the seconds from the instant of each case until `outside` saw it released, and the oldest sweep.

    ValueError if one was early, or not released within PATIENCE seconds after the last instant.
    """
    coming = deque(outside.execute(SCHEDULES).fetchall())
    ends = coming[-1][1] + PATIENCE
    near: dict[int, float] = {}
    late: list[float] = []
    ages = _every_second(lambda: outside.execute(SWEEP_AGE).fetchone())
    sweep_age = 0.0
    while (coming or near) and time.time() < ends:
        while coming and coming[0][1] - time.time() < EARLY:
            key, instant = coming.popleft()
            near[key] = instant
        seen = outside.execute(SEEN, [list(near)]).fetchall() if near else []
        now = time.time()
        late += [now - near.pop(key) for (key,) in seen]
        if near or late:
            sweep_age = max(sweep_age, ages())
        time.sleep(PAUSE)
    if coming or near or min(late) < 0:
        raise ValueError(f"{len(coming) + len(near)} were not released, or one early: {min(late, default=0):.3f} s.")
    return late, sweep_age


def _every_second(ask: Callable[[], tuple[float] | None]) -> Callable[[], float]:
    """Return a function that calls `ask` at most once a second, and returns 0 in between."""
    last = 0.0

    def asked() -> float:
        nonlocal last
        if time.monotonic() - last < 1:
            return 0.0
        last = time.monotonic()
        return (ask() or (0.0,))[0]

    return asked


def section(runs: dict[str, Run], rate: int, seconds: int) -> Section:
    """Return the section of the report."""
    from django.conf import settings

    figures: list[Figure] = []
    rows, bars = [], {}
    for name, run in runs.items():
        p50, p95, p99 = (percentile(run.late, share) * 1000 for share in (0.5, 0.95, 0.99))
        figures.append(at_most(f"{rate:,} a second for {seconds} s, armed {name}, p99", p99, "ms", GOAL))
        figures.append(
            at_most(f"Armed {name}, greatest age of the last sweep", run.sweep_age, "s", 2 * settings.SWEEP_INTERVAL)
        )
        marks = [f"{value:.0f}" for value in (p50, p95, p99, max(run.late) * 1000)]
        rows.append([name, f"{len(run.late):,}", *marks, f"{run.wake_ups:,}", f"{run.sweep_age:.1f}"])
        bars |= {f"armed {name}, {mark}": value for mark, value in (("median", p50), ("p99", p99))}
    head = ["armed", "cases", "median", "p95", "p99", "max", "wake-ups", "age of the last sweep, s"]
    table = Table("Milliseconds after the instant of each case", head, rows)
    chart = Chart(f"{rate:,} cases a second, each at its own instant", "ms", bars)
    return Section("stream", "A stream", TEXT, figures, [table], [chart])


if __name__ == "__main__":
    standalone(measure)
