"""Run a peer: its database, its processes, and a view of its work from outside."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql

from tests.bench.peers.environments import HERE, python_of
from tests.bench.peers.rows import Sample
from tests.services import RedisServer, postgresql

PATIENCE = 60


class Stage:
    """Runs the scripts with the Python of one environment. Environment variables name the servers."""

    def __init__(self, environment: str, package: str, variables: dict[str, str], directory: Path) -> None:
        self._python = python_of(environment)
        self._directory = directory
        self._processes: list[subprocess.Popen[bytes]] = []
        self._variables = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(HERE / "scripts"),
            "DJANGO_SETTINGS_MODULE": f"{package}.settings",
            **variables,
        }

    def run(self, *arguments: str) -> None:
        """Run a script to its end. RuntimeError with its output if it fails."""
        command = [str(self._python), *arguments]
        done = subprocess.run(command, cwd=self._directory, env=self._variables, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")

    def start(self, *arguments: str, ready: str = "") -> None:
        """Start a script and return when its log has `ready`. RuntimeError if it ends before."""
        path = self._directory / f"{len(self._processes)}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                [str(self._python), *arguments],
                cwd=self._directory,
                env=self._variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        ends = time.monotonic() + PATIENCE
        while ready not in path.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"{' '.join(arguments)} did not get ready:\n{self.logs()}")
            time.sleep(0.05)

    def logs(self) -> str:
        """Return the end of each process's log."""
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(self._directory.glob("*.log")))

    def stop(self) -> None:
        """End every process and its children."""
        for process in self._processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()
        self._processes.clear()


@dataclass(frozen=True)
class Servers:
    """PostgreSQL and Redis, used by all peers, one after another."""

    url: str
    redis: RedisServer

    @contextmanager
    def stage(
        self, environment: str, package: str, variables: dict[str, str]
    ) -> Iterator[tuple[Stage, psycopg.Connection]]:
        """Yield a stage with a new database and an empty Redis, and a connection to that database.

        A ValueError inside becomes a RuntimeError with the logs.
        """
        self.redis.flush()
        name = f"peer_{package}"
        variables = {"PEER_REDIS_URL": self.redis.url, **variables_of(self.url, name), **variables}
        with tempfile.TemporaryDirectory(prefix="peer-") as directory, database(self.url, name) as outside:
            stage = Stage(environment, package, variables, Path(directory))
            try:
                yield stage, outside
            except ValueError as error:
                raise RuntimeError(f"{package}: {error}\n{stage.logs()}") from error
            finally:
                stage.stop()


@contextmanager
def servers() -> Iterator[Servers]:
    """Start them on loopback, and stop them at the end."""
    with tempfile.TemporaryDirectory(prefix="portal-peers-", dir="/tmp") as directory:
        Path(directory).chmod(0o755)
        redis = RedisServer(Path(directory))
        redis.start()
        try:
            with postgresql(Path(directory) / "pg") as url:
                yield Servers(url, redis)
        finally:
            redis.stop()


@contextmanager
def database(url: str, name: str) -> Iterator[psycopg.Connection]:
    """Create a database on the server at `url` and yield a connection. Drop it at the end."""
    identifier = sql.Identifier(name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        try:
            with psycopg.connect(url, dbname=name, autocommit=True) as connection:
                yield connection
        finally:
            server.execute(drop)


def variables_of(url: str, name: str) -> dict[str, str]:
    """Return the environment variables that name the database to the scripts."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    return {"PEER_DATABASE_HOST": host, "PEER_DATABASE_NAME": name, "PEER_DATABASE_USER": parts.username or ""}


def watch(
    count: Callable[[], int],
    wanted: int,
    instant: float,
    *,
    seconds: float,
    pause: Callable[[float], None] = time.sleep,
) -> list[Sample]:
    """Ask `count` until it returns `wanted`, for at most `seconds` after the instant (seconds since the epoch).

    It asks every 5 milliseconds at first, and less often later, which is precise enough and little work for the server.
    ValueError if something had arrived before the instant.
    """
    pause(max(0.0, instant - time.time() - 0.2))
    samples: list[Sample] = []
    while not samples or samples[-1][1] < wanted:
        found = count()
        passed = time.time() - instant
        if found and passed < 0:
            raise ValueError(f"{found} came {-passed:.3f} s before the instant.")
        if passed >= 0:
            samples.append((passed, found))
        if passed > seconds:
            break
        pause(max(0.005, passed / 100))
    return samples
