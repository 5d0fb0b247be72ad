"""Hosts whose wall clock is wrong, and the days on which clocks are changed. The database's is the one that counts."""

import datetime as dt
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chaos.devices.clock import Clock, remove_leftovers
from tests.chaos.registry import Extra, fault
from tests.chaos.run import Run

HOUR = 3600.0
EVERYBODY = ("web", "releases", "sweep", "mail", "beat")
# In Berlin clocks go forward from two to three, and back from three to two.
SUMMER_BEGINS = dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC)
SUMMER_ENDS = dt.datetime(2026, 10, 25, 1, 0, tzinfo=dt.UTC)


@contextmanager
def a_clock_for_each(environment: dict[str, str]) -> Iterator[Extra]:
    """Each service has a wall clock of its own."""
    with tempfile.TemporaryDirectory(prefix="portal-clocks-", dir="/tmp") as directory:
        clocks = {name: Clock(Path(directory) / name) for name in EVERYBODY}
        yield Extra(services={name: clock.environment for name, clock in clocks.items()}, devices=dict(clocks))
    remove_leftovers()


@contextmanager
def in_berlin(environment: dict[str, str]) -> Iterator[Extra]:
    """The portal's zone is one that has DST."""
    yield Extra(environment={"TIME_ZONE": "Europe/Berlin"})
    remove_leftovers()


OPTIONS: dict[str, Any] = {"window": 10, "works_meanwhile": True, "surroundings": a_clock_for_each}


@fault("clock", **OPTIONS)
def clocks_an_hour_ahead(run: Run) -> None:
    """The clocks of web, workers and beat are stepped an hour forward, and back after ten seconds."""
    with run.on(), _off_by(run, HOUR, *EVERYBODY):
        run.wait(10)


@fault("clock", **OPTIONS)
def clocks_an_hour_behind(run: Run) -> None:
    """The clocks of web, workers and beat are stepped an hour back, and forward after ten seconds."""
    with run.on(), _off_by(run, -HOUR, *EVERYBODY):
        run.wait(10)


@fault("clock", **OPTIONS | {"window": 15})
def clocks_swing(run: Run) -> None:
    """Each clock of web, workers and beat is stepped by up to three seconds either way, every second for 15 seconds."""
    chance = random.Random(run.fault.name)
    with run.on():
        for _ in range(15):
            with _off_by(run, chance.uniform(-3, 3), chance.choice(EVERYBODY)):
                run.wait(1)


@fault("clock", **OPTIONS | {"window": 20})
def release_worker_a_minute_ahead(run: Run) -> None:
    """Only the clock of the release worker is a minute ahead, for 20 seconds: its ETA tasks fire early."""
    with run.on(), _off_by(run, 60, "releases"):
        run.wait(20)


@fault("clock", **OPTIONS | {"window": 20})
def mail_worker_wrong_by_an_hour(run: Run) -> None:
    """Only the clock of the mail worker is an hour ahead, and then an hour behind, for ten seconds each."""
    with run.on():
        for seconds in (HOUR, -HOUR):
            with _off_by(run, seconds, "mail"):
                run.wait(10)


@fault("clock", **OPTIONS)
def eta_tasks_published_too_early(run: Run) -> None:
    """A hundred ETA tasks for cases that fall due later are published with an immediate ETA."""
    from cases.delivery import celery_publisher

    now = dt.datetime.now(dt.UTC)
    later = sorted(
        (case for case in run.load.cases.values() if case.instant > now.timestamp()), key=lambda c: c.instant
    )
    with run.on():
        sent = [celery_publisher.publish_wake_up(case_id=case.pk, revision=1, at=now) for case in later[-100:]]
        run.wait(10)
    run.require("early ETA tasks that could not be published", sent.count(False))


@fault("clock", surroundings=in_berlin, begins_at=SUMMER_BEGINS, works_meanwhile=True)
def clocks_go_forward(run: Run) -> None:
    """Daylight saving time begins: one wave is scheduled in the hour that doesn't exist, others before and after it.
    The whole stack, including PostgreSQL, believes it is March 29, 2026 in Berlin."""
    with run.on():
        run.wait(6)


@fault("clock", surroundings=in_berlin, begins_at=SUMMER_ENDS - dt.timedelta(hours=1), works_meanwhile=True)
def hour_that_comes_twice_begins(run: Run) -> None:
    """Waves are scheduled around two o'clock on a day when two o'clock comes twice. They are due the first time."""
    with run.on():
        run.wait(6)


@fault("clock", surroundings=in_berlin, begins_at=SUMMER_ENDS - dt.timedelta(seconds=120))
def clocks_go_back(run: Run) -> None:
    """Daylight saving time ends while nothing that releases is running. The waves shortly before three o'clock are
    released when it is just after two again, and members who visit see theirs earlier."""
    with run.on():
        with run.stack.supervisor.left_down("releases", "sweep"):
            run.stack.kill("releases")
            run.stack.kill("sweep")
            run.wait(SUMMER_ENDS.timestamp() + 3 - dt.datetime.now(dt.UTC).timestamp())
        for name in ("releases", "sweep"):
            run.stack.supervisor.back(name)


@contextmanager
def _off_by(run: Run, seconds: float, *names: str) -> Iterator[None]:
    """Step the clocks of the services, and back at the end of the block."""
    for name in names:
        run.stack.devices[name].step(seconds)
    try:
        yield
    finally:
        for name in names:
            run.stack.devices[name].step(-seconds)
