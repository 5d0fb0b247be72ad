"""The peers of the wave: who they are, how their documentation runs them, and their rows."""

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from tests.bench.peers.environments import version_of
from tests.bench.peers.rows import figures_of
from tests.bench.peers.running import Stage, database, variables_of, watch
from tests.services import RedisServer, postgresql

SMALL = 200
LONGEST = 240  # seconds after the instant


@dataclass(frozen=True)
class Looks:
    """The questions from outside: how many are visible, and how many have their history row and their mail row."""

    visible: LiteralString = "SELECT count(*) FROM tiny_case WHERE actual_release_date IS NOT NULL"
    history: LiteralString = "SELECT count(DISTINCT case_id) FROM tiny_historyentry HAVING count(*) <= %s"
    mails: LiteralString = "SELECT count(DISTINCT case_id) FROM tiny_outgoingmail HAVING count(*) <= %s"


@dataclass(frozen=True)
class Peer:
    """One way to release. `workers` run beforehand, `commands` start at the instant; each is what Python gets."""

    name: str
    package: str
    environment: str
    distribution: str
    note: str
    sizes: tuple[int, ...] = (1_000, 10_000)
    workers: tuple[tuple[str, ...], ...] = ()
    ready: str = ""
    commands: tuple[tuple[str, ...], ...] = ()
    scheduled: float = 0  # cases a second that it takes at least; 0 where nothing is scheduled one by one
    variables: dict[str, str] = field(default_factory=dict)
    fill: str = "tiny.fill"
    looks: Looks = Looks()


CELERY_WORKER = ("-m", "celery", "-A", "celery_eta.app", "worker", "-c", "2", "-l", "INFO")
PEERS = (
    Peer(
        name="The product owner's loop",
        package="owners_loop",
        environment="owners_loop",
        distribution="Django",
        commands=(("release_scheduled_cases",),),
        note="The batch job of the guide, one process, started at the instant: a scheduler's delay is not counted.",
    ),
    Peer(
        name="Celery, one ETA task a case",
        package="celery_eta",
        environment="celery",
        distribution="celery",
        workers=(CELERY_WORKER,),
        ready=" ready.",
        scheduled=400,
        note="Prefork with 2 processes on Redis, as Celery comes.",
    ),
    Peer(
        name="Celery, one ETA task a case, connections kept",
        package="celery_eta",
        environment="celery",
        distribution="celery",
        workers=(CELERY_WORKER,),
        ready=" ready.",
        scheduled=400,
        variables={"PEER_DB_REUSE_MAX": "1000000"},
        note="The same with CELERY_DB_REUSE_MAX, so that a task does not connect to the database anew.",
    ),
)


def wave_rows(small: bool) -> list[dict[str, Any]]:
    """A row for each peer and size, measured on one PostgreSQL and one Redis that are started here."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-peers-", dir="/tmp")))
        directory.chmod(0o755)
        redis = RedisServer(directory)
        redis.start()
        stack.callback(redis.stop)
        url = stack.enter_context(postgresql(directory / "pg"))
        return [row_of(peer, cases, url, redis) for peer in PEERS for cases in ((SMALL,) if small else peer.sizes)]


def row_of(peer: Peer, cases: int, url: str, redis: RedisServer) -> dict[str, Any]:
    """Lets the peer release so many cases that fall due at one instant. RuntimeError, with logs, if it does not."""
    redis.flush()
    name = f"peer_{peer.package}"
    variables = variables_of(url, name) | {"PEER_REDIS_URL": redis.url} | peer.variables
    with tempfile.TemporaryDirectory(prefix="peer-") as logs, database(url, name) as outside:
        stage = Stage(peer.environment, peer.package, variables, Path(logs))
        try:
            figures = _measure(peer, cases, stage, outside)
        except (ValueError, AssertionError) as error:
            raise RuntimeError(f"{peer.name}: {error}\n{stage.logs()}") from error
        finally:
            stage.stop()
    version = version_of(peer.environment, peer.distribution)
    return {"name": peer.name, "version": version, "cases": cases, **figures, "note": peer.note}


def _measure(peer: Peer, cases: int, stage: Stage, outside: psycopg.Connection) -> dict[str, float]:
    stage.run("-m", "django", "migrate", "--run-syncdb", "--verbosity", "0")
    stage.run("-m", peer.fill, str(cases))
    for worker in peer.workers:
        stage.start(*worker, ready=peer.ready)
    instant = time.time() + 4 + (cases / peer.scheduled if peer.scheduled else 0)
    if peer.scheduled:
        stage.run("-m", f"{peer.package}.schedule", str(instant))
    for command in peer.commands:
        stage.start("-m", "tiny.at", str(instant), *command)
    assert time.time() < instant, "Scheduling took longer than planned."
    samples = watch(lambda: _number(outside, peer.looks.visible), cases, instant, seconds=LONGEST)
    for question in (peer.looks.history, peer.looks.mails):
        assert _number(outside, question, cases) == cases, f"{question} does not say {cases}."
    return figures_of(samples, cases)


def _number(connection: psycopg.Connection, question: LiteralString, *values: int) -> int:
    found = connection.execute(question, values or None).fetchone()
    return int(found[0]) if found else 0
