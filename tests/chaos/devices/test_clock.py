"""Real processes follow a wall clock that the harness moves."""

import datetime as dt
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import psycopg
import pytest

from tests.chaos.devices import clock as clocks
from tests.chaos.devices.clock import Clock
from tests.integration.processes import LocalBeat, LocalProcess, LocalWorker
from tests.integration.steps import until
from tests.services import free_port, postgresql, wait_for_port

pytestmark = pytest.mark.integration

HOUR = 3600
# Prints its two clocks for every line that it reads.
CLOCKS = "import sys, time\nfor _ in sys.stdin: print(time.time(), time.monotonic(), flush=True)"
LOGGED = re.compile(r"timestamp='([^']+)'")

Start = Callable[[LocalProcess], LocalProcess]


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "wall-clock")


@pytest.fixture
def start() -> Iterator[Start]:
    """End a process with the test."""
    started: list[LocalProcess] = []

    def keep(process: LocalProcess) -> LocalProcess:
        started.append(process)
        return process

    yield keep
    for process in started:
        process.teardown()
        print(f"--- {process.name}\n{process.logs()}")  # noqa: T201


def last_logged(process: LocalProcess) -> float:
    """Return the timestamp of the last line of the process's log."""
    return dt.datetime.fromisoformat(LOGGED.findall(process.logs())[-1]).timestamp()


def near(moment: float, other: float) -> bool:
    return abs(moment - other) < HOUR / 4


def test_a_running_process_sees_each_step_and_its_monotonic_clock_does_not(clock: Clock) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CLOCKS],
        env=os.environ | clock.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask() -> tuple[float, float]:
        assert process.stdin
        assert process.stdout
        process.stdin.write("\n")
        process.stdin.flush()
        wall, monotonic = process.stdout.readline().split()
        return float(wall), float(monotonic)

    for step, offset in [(0, 0), (HOUR, HOUR), (-2 * HOUR, -HOUR), (HOUR + 2.5, 2.5)]:
        clock.step(step)
        wall, monotonic = ask()
        assert wall == pytest.approx(time.time() + offset, abs=1)
        assert wall == pytest.approx(clock.now(), abs=1)
        assert monotonic == pytest.approx(time.monotonic(), abs=1)
    process.communicate()


def test_a_worker_and_beat_go_on_when_the_clock_steps(
    clock: Clock, start: Start, process_env: dict[str, str], tmp_path: Path
) -> None:
    env = process_env | clock.environment
    worker = start(LocalWorker("worker", "releases,sweep", concurrency=1, directory=tmp_path, env=env))
    worker.ready()
    beat = start(LocalBeat(directory=tmp_path, env=env))
    until("a sweep has run", lambda: worker.logs().count(" succeeded in ") >= 1)

    clock.step(HOUR)

    so_far = worker.logs().count(" succeeded in ")
    until("sweeps run on", lambda: worker.logs().count(" succeeded in ") >= so_far + 2)
    assert near(last_logged(worker), time.time() + HOUR)
    assert beat.status == worker.status == "running"


def test_gunicorn_serves_by_the_clock(clock: Clock, start: Start, process_env: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    start(LocalProcess("web", command, directory=tmp_path, env=process_env | clock.environment))
    wait_for_port(port)

    for step in (HOUR, -2 * HOUR):
        clock.step(step)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live/", timeout=20) as answer:
            said = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        assert near(said, clock.now())


def test_postgresql_runs_with_its_clock_set_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in clocks.set_off(-HOUR).items():
        monkeypatch.setenv(name, value)
    with postgresql(tmp_path / "pg") as url, psycopg.connect(url) as connection:
        said = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
        with pytest.raises(psycopg.errors.QueryCanceled):  # its timers run
            connection.execute("SET statement_timeout = '100ms'; SELECT pg_sleep(20)")
    assert said
    assert near(float(said[0]), time.time() - HOUR)


def test_what_is_missing_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert clocks.missing_tools() == ""
    monkeypatch.setattr(clocks, "library", lambda: None)
    assert "libfaketime" in clocks.missing_tools()
    with pytest.raises(RuntimeError, match="Install it with"):
        clocks.required_library()


@pytest.mark.parametrize("clean", [clocks.remove_leftovers, lambda: clocks.set_off(HOUR)], ids=["asked", "a new clock"])
def test_what_killed_processes_left_in_shared_memory_goes_and_nothing_else(
    clean: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "SHARED_MEMORY", tmp_path)
    dead = subprocess.Popen(["true"])
    dead.wait()
    for name in (f"faketime_shm_{dead.pid}", f"sem.faketime_sem_{dead.pid}", f"faketime_shm_{os.getpid()}", "other"):
        (tmp_path / name).touch()
    clean()
    assert {left.name for left in tmp_path.iterdir()} == {f"faketime_shm_{os.getpid()}", "other"}
