"""Local processes in place of pytest-celery's containers: they do what its nodes need from a container, without
Docker."""

import os
import signal as signals
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from pytest_celery import CeleryTestWorker

from tests.services import RedisServer

PATIENCE = 30


class LocalProcess:
    """A process in a group of its own, and its log."""

    ready_prompt = ""

    def __init__(self, name: str, command: list[str], *, directory: Path, env: dict[str, str]) -> None:
        self.name = self.id = name
        self._command = command
        self._env = env
        self._log = directory / f"{name}.log"
        self._start()

    @property
    def code(self) -> Path:
        """The directory whose code it runs."""
        return Path(settings.BASE_DIR)

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self.code, env=self._env, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> str:
        """In Docker's words."""
        return "running" if self._process.poll() is None else "exited"

    def ready(self) -> bool:
        """Wait for `ready_prompt` in the log. RuntimeError if the process ends first."""
        ends = time.monotonic() + PATIENCE
        while self.ready_prompt not in self.logs():
            if self.status != "running" or time.monotonic() > ends:
                raise RuntimeError(f"{self.name} did not get ready:\n{self.logs()}")
            time.sleep(0.02)
        return True

    def logs(self) -> str:
        return self._log.read_text(errors="replace")

    def children(self) -> list[int]:
        """Return the process ids of its pool."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def kill(self, signal: str | int = "SIGKILL") -> None:
        """SIGKILL ends the process and its children immediately, like a dying machine. Other signals go to the
        process."""
        number = signals.Signals[signal] if isinstance(signal, str) else signals.Signals(signal)
        if number == signals.SIGKILL:
            self.teardown()
        else:
            os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait until it has ended. Return its exit code."""
        return self._process.wait(PATIENCE)

    def reload(self) -> None:
        """The status is never out of date."""

    def restart(self, timeout: float = PATIENCE) -> None:
        self.teardown()
        self._start()

    def teardown(self) -> None:
        """Kill whatever is left of the group."""
        try:
            os.killpg(self.pid, signals.SIGKILL)
        except ProcessLookupError:
            return
        self._process.wait()


class LocalWorker(LocalProcess):
    """`celery worker` on one queue."""

    ready_prompt = " ready."

    def __init__(self, name: str, queue: str, *, concurrency: int, directory: Path, env: dict[str, str]) -> None:
        self._queue = queue
        options = ["-Q", queue, "-n", f"{name}@%h", "-c", str(concurrency), "--without-gossip", "--without-mingle"]
        super().__init__(name, _celery("worker", *options), directory=directory, env=env)

    @property
    def celeryconfig(self) -> dict[str, str]:
        return {}

    def worker_name(self) -> str:
        return self.name

    def worker_queue(self) -> str:
        return self._queue


class LocalBeat(LocalProcess):
    """`celery beat` on the schedule in the database."""

    ready_prompt = "beat: Starting"

    def __init__(self, *, directory: Path, env: dict[str, str]) -> None:
        super().__init__("beat", _celery("beat"), directory=directory, env=env)


class LocalRedis(RedisServer):
    """A Redis of the test's own."""

    name = id = "redis"

    @property
    def celeryconfig(self) -> dict[str, str]:
        return {"url": self.url, "host_url": self.url}

    @property
    def status(self) -> str:
        return "running" if self.process else "exited"

    def ready(self) -> bool:
        return self.process is not None

    def logs(self) -> str:
        return ""

    def kill(self, signal: str | int = "SIGKILL") -> None:
        self.stop()

    def reload(self) -> None:
        """The status is never out of date."""

    def restart(self, timeout: float = PATIENCE) -> None:
        self.stop()
        self.start()

    def teardown(self) -> None:
        self.stop()


class Worker(CeleryTestWorker):
    """A worker node, with what these tests need in addition to pytest-celery's."""

    container: Any

    def has_seen(self, text: str, *, times: int = 1) -> bool:
        """Return whether the log has `text` that many times."""
        return self.logs().count(text) >= times


def _celery(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "portal", *arguments]
