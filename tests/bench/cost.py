"""Cost of a release, in a wave and alone: SQL statements, bytes to and from Redis, processor time.

python -m tests.bench.cost [--small]

If var/bench/ci-seconds holds the seconds of a `make test`, the section includes them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import redis

from tests.bench.figures import RESULTS, Chart, Figure, Section, Table, standalone
from tests.bench.resource_usage import broker_bytes, postmaster, processor_seconds
from tests.bench.servers import Servers, start_servers
from tests.bench.single_releases import schedule_apart, watch_each
from tests.bench.waiting import in_memory, on_disk
from tests.bench.wave_setup import ReleaseQueue, WaveSetup, arm, warm_up
from tests.integration.processes import LocalWorker

TEXT = """
A release worker with two processes releases a wave, and then single cases with an instant and a wake-up each. The
processor time includes the worker's processes and the database server's, except the observing connection. The bytes are
what Redis received and sent, from publishing the wake-ups to the message for the mail workers. What both use while idle
was measured first and is subtracted. Statements are counted where Django sends them, including savepoints, without
BEGIN and COMMIT. Mail is not included. Disk is measured right after the release of a wave, with the old versions of its
rows. Memory is that of ETA tasks held by a worker.
""".strip().replace("\n", " ")

APART = 0.1
A_MINUTE = 60  # how long the cases have been due
CI_SECONDS = RESULTS / "ci-seconds"


@dataclass(frozen=True)
class Spent:
    """Resources used: processor seconds of worker and database, bytes to and from Redis, wall clock seconds."""

    worker: float
    database: float
    wire: float
    seconds: float

    def beyond(self, idle: "Spent") -> "Spent":
        """Subtract what idle processes use in the same time."""
        share = self.seconds / idle.seconds
        return Spent(
            max(0.0, self.worker - share * idle.worker),
            max(0.0, self.database - share * idle.database),
            max(0.0, self.wire - share * idle.wire),
            self.seconds,
        )


class Meters:
    """Reads the counters of a worker, a database server and a Redis."""

    def __init__(self, worker: LocalWorker, broker: str, outside: psycopg.Connection) -> None:
        self._worker = worker.pid
        self._server = postmaster(outside)
        self._onlooker = frozenset({outside.info.backend_pid})
        self._broker = redis.Redis.from_url(broker)
        self._began = self._read()

    def start(self) -> None:
        """Start counting."""
        self._began = self._read()

    def spent(self) -> Spent:
        """Return what was used since the start."""
        return Spent(*(now - then for now, then in zip(self._read(), self._began, strict=True)))

    def _read(self) -> tuple[float, float, float, float]:
        database = processor_seconds(self._server, without=self._onlooker)
        return processor_seconds(self._worker), database, broker_bytes(self._broker), time.monotonic()


def measure(*, small: bool) -> Section:
    """Measure a wave and single releases."""
    wave, alone, waiting = (1_000, 20, 200) if small else (10_000, 200, 5_000)
    with start_servers() as servers:
        setup = WaveSetup(servers.environment["DATABASE_URL"])
        servers.stack.callback(setup.close)
        statements = {"wave": statements_of_wave(setup, wave) / wave, "single": float(statements_of_one(setup))}
        setup.fill(wave, time.time() - A_MINUTE)
        disk = on_disk_when_released(setup, wave)
        spent = metered(servers, setup, wave, alone, idle_seconds=2 if small else 10)
        memory = in_memory(servers, waiting)
    kept = [Figure(f"Disk, {name} with its indexes", size, "bytes") for name, size in disk.items()]
    kept += [Figure(f"Memory, an ETA task that waits, in {place}", size, "bytes") for place, size in memory.items()]
    return section({"wave": (wave, spent["wave"]), "single": (alone, spent["single"])}, statements, kept)


def on_disk_when_released(setup: WaveSetup, cases: int) -> dict[str, float]:
    """Release the wave of `setup`. Return the bytes of a row in each table."""
    from cases import releases

    releases.release_due(by="bench", source="sweep")
    return on_disk(setup, cases)


def metered(servers: Servers, setup: WaveSetup, wave: int, alone: int, *, idle_seconds: float) -> dict[str, Spent]:
    """Return what a wave and `alone` single releases use, less what idle processes use."""
    queue = ReleaseQueue(servers.redis.url)
    worker = servers.worker("releases", processes=2)
    warm_up(worker, queue)
    meters = Meters(worker, servers.redis.url, setup.outside)
    time.sleep(idle_seconds)
    idle = meters.spent()

    def armed(instant: float) -> None:
        meters.start()
        arm(instant)

    setup.watch(setup.due_together(wave, armed))
    queue.wait_until_empty()
    of_wave = meters.spent().beyond(idle)

    meters.start()
    instants = schedule_apart(alone, apart=APART)
    scheduling = meters.spent()
    watch_each(setup.outside, instants)
    queue.wait_until_empty()
    spent = meters.spent()
    # Count the messages of the scheduling, not the database's work for the page.
    released = Spent(spent.worker, spent.database - scheduling.database, spent.wire, spent.seconds).beyond(idle)
    worker.teardown()
    return {"wave": of_wave, "single": released}


def statements_of_wave(setup: WaveSetup, cases: int) -> int:
    """Count the statements of the task that releases a wave, and of the later ones, which find nothing."""
    from django.conf import settings

    from tasks.releases import release_case

    setup.fill(cases, time.time() - A_MINUTE)
    case = setup.first()
    with _counted() as of_the_first:
        release_case(case, 1)
    with _counted() as of_another:
        release_case(case, 1)
    return len(of_the_first) + (settings.RELEASE_ETA_PER_INSTANT - 1) * len(of_another)


def statements_of_one(setup: WaveSetup) -> int:
    """Count the statements of the task of a single case."""
    from tasks.releases import release_case

    setup.fill(1, time.time() - A_MINUTE)
    case = setup.first()
    with _counted() as statements:
        release_case(case, 1)
    return len(statements)


@contextmanager
def _counted() -> Iterator[list[str]]:
    from django.db import connection

    statements: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        statements.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(count):
        yield statements


def section(spent: dict[str, tuple[int, Spent]], statements: dict[str, float], kept: list[Figure]) -> Section:
    """Return the section of the report. `kept` is what is stored for each case."""
    titles = {"wave": "in a wave", "single": "alone"}
    figures = []
    for key, (cases, of_all) in spent.items():
        figures += [
            Figure(f"Statements per release, {titles[key]}", statements[key], ""),
            Figure(f"Bytes to and from Redis per release, {titles[key]}", of_all.wire / cases, "bytes"),
            Figure(f"Processor time of the worker per release, {titles[key]}", of_all.worker / cases * 1000, "ms"),
            Figure(f"Processor time of the database per release, {titles[key]}", of_all.database / cases * 1000, "ms"),
        ]
    figures += kept
    if CI_SECONDS.exists():
        figures.append(Figure("The whole of `make test`", float(CI_SECONDS.read_text()), "s"))
    rows = [
        [f"{cases:,} {titles[key]}", f"{of_all.worker:.2f}", f"{of_all.database:.2f}", f"{of_all.wire:,.0f}"]
        for key, (cases, of_all) in spent.items()
    ]
    head = ["releases", "worker, processor s", "database, processor s", "Redis, bytes"]
    bars = {figure.name: figure.value for figure in figures if figure.unit == "ms"}
    chart = Chart("Processor time per release", "ms", bars, logarithmic=True)
    return Section("cost", "What a release costs", TEXT, figures, [Table("All together", head, rows)], [chart])


if __name__ == "__main__":
    standalone(measure)
