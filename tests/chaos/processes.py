"""The portal's processes under a supervisor, which restarts dead ones."""

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.processes import PATIENCE, LocalBeat, LocalProcess, LocalWorker

RESTART_AFTER = 1.0
LOOK_EVERY = 0.1


class Service(LocalProcess):
    """A process that is restarted whenever it dies. `logs` are those since its last start."""

    def _start(self) -> None:
        self._begun_at = self._log.stat().st_size if self._log.exists() else 0
        super()._start()

    def logs(self) -> str:
        return self.logs_from(self._begun_at)

    def logs_from(self, position: int) -> str:
        """Return the log from that byte on."""
        with self._log.open("rb") as log:
            log.seek(position)
            return log.read().decode(errors="replace")

    def log_size(self) -> int:
        """Return the size of the log in bytes."""
        return self._log.stat().st_size


class Web(Service):
    """gunicorn: 2 processes with 4 threads.

    Under libfaketime, 4 processes with one thread, because there a thread never sleeps while it waits for another in
    its process (measured: that used most of both cores, and a tenth of the requests got a response).
    """

    ready_prompt = "Booting worker with pid"

    def __init__(self, port: int, *, directory: Path, env: dict[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        workers, threads = ("4", "1") if "LD_PRELOAD" in os.environ | env else ("2", "4")
        options = ["--workers", workers, "--threads", threads, "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]  # noqa: S108
        command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}", *options]
        super().__init__("web", command, directory=directory, env=env)


class WorkerService(Service, LocalWorker):
    """A worker on one queue, which has the same name."""

    def __init__(self, queue: str, *, concurrency: int = 2, directory: Path, env: dict[str, str]) -> None:
        LocalWorker.__init__(self, queue, queue, concurrency=concurrency, directory=directory, env=env)


class BeatService(Service, LocalBeat):
    """beat."""

    def __init__(self, *, directory: Path, env: dict[str, str]) -> None:
        LocalBeat.__init__(self, directory=directory, env=env)


class Supervisor:
    """Restarts a dead service a second after noticing. `restarts` counts them by name."""

    def __init__(self, services: dict[str, Service]) -> None:
        self.restarts: Counter[str] = Counter()
        self._services = services
        self._left_down: set[str] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    @contextmanager
    def running(self) -> Iterator["Supervisor"]:
        """Supervise until the end of the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            self._thread.join()

    @contextmanager
    def left_down(self, *names: str) -> Iterator[None]:
        """Leave services that die within the block dead until its end."""
        self._left_down |= set(names)
        try:
            yield
        finally:
            self._left_down -= set(names)

    def back(self, name: str) -> None:
        """Wait until the dead service has been started again and is ready."""
        ends = time.monotonic() + PATIENCE
        while self._services[name].status != "running":
            if time.monotonic() > ends:
                raise TimeoutError(f"{name} was not started again.")
            time.sleep(0.05)
        self._services[name].ready()

    def _watch(self) -> None:
        dead_since: dict[str, float] = {}
        while not self._ended.wait(LOOK_EVERY):
            for name, service in self._services.items():
                if service.status == "running" or name in self._left_down:
                    dead_since.pop(name, None)
                elif time.monotonic() - dead_since.setdefault(name, time.monotonic()) >= RESTART_AFTER:
                    service.restart()
                    self.restarts[name] += 1
                    dead_since.pop(name, None)
