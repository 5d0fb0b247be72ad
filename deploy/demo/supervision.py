"""supervisord, started, asked and stopped by the demo; what it logs, told in plain words."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any
from xmlrpc.client import ServerProxy  # nosec B411

from plan import ROOT, VAR, CannotStart
from processes import MARK, die_with_parent, end_leftovers, leftovers
from supervisor.xmlrpc import SupervisorTransport

LOG = VAR / "log" / "supervisord.log"
OUTPUT = VAR / "log" / "supervisord.out"


class Supervision:
    """A context: supervisord runs inside it, and neither it nor anything it started runs after it.

    `say` takes each line for people; `check` is called several times a second inside it, and raises to leave it.
    """

    def __init__(self, say: Callable[[str], None], check: Callable[[], None]) -> None:
        self._say = say
        self._check = check
        self._down: set[str] = set()
        self._given_up: set[str] = set()

    def __enter__(self) -> "Supervision":
        # Not in var/: the path of a socket may have no more than about 100 characters.
        self._directory = tempfile.TemporaryDirectory(prefix="advisor-portal-")
        socket = Path(self._directory.name) / "supervisor"
        LOG.unlink(missing_ok=True)
        LOG.touch()
        self._log = LOG.open()
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", "deploy/demo/supervisord.conf"]
        if os.getuid() == 0:
            command += ["-u", "0"]  # root on purpose: unsaid, supervisord warns about it
        with OUTPUT.open("w") as output:
            self._process = subprocess.Popen(  # noqa: S603
                command,
                cwd=ROOT,
                env={**os.environ, **MARK, "DEMO_SOCKET": str(socket)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A Ctrl-C is for the demo alone: it has supervisord stop everything in order.
                start_new_session=True,
                preexec_fn=die_with_parent if sys.platform == "linux" else None,
            )
        self._transport = SupervisorTransport(None, None, f"unix://{socket}")
        self._rpc: Any = ServerProxy("http://127.0.0.1", transport=self._transport).supervisor
        try:
            self._wait_for("supervisord", self._answers, 20, OUTPUT)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._say("Stopping…")
        self._process.terminate()
        ends = time.monotonic() + 90
        while self._process.poll() is None and time.monotonic() < ends:
            self._tell()
            time.sleep(0.1)
        self._tell()
        if leftovers():
            end_leftovers()
        self._process.wait()
        self._log.close()
        self._directory.cleanup()

    def start(self, name: str) -> None:
        """Starts the programs of the group `name` and returns at once."""
        self._rpc.startProcessGroup(name, False)

    def is_running(self, name: str) -> bool:
        """Whether the program `name` has stayed up for a second."""
        programs = self._rpc.getAllProcessInfo()
        return any(program["name"] == name and program["statename"] == "RUNNING" for program in programs)

    def wait_for(self, name: str, is_there: Callable[[], bool], *, seconds: float = 60) -> None:
        """Returns once `is_there()`; CannotStart with the last words of program `name` if it is not in time."""
        self._wait_for(name, is_there, seconds, LOG.with_name(f"{name}.log"))

    def _wait_for(self, name: str, is_there: Callable[[], bool], seconds: float, log: Path) -> None:
        ends = time.monotonic() + seconds
        while not is_there():
            self.tick()
            if name in self._given_up or time.monotonic() > ends:
                raise CannotStart(f"{name} did not come up. {last_words(log)}")

    def watch(self) -> None:
        """Tells what happens to the processes, without end: only `check` or supervisord's death ends it."""
        while True:
            self.tick()

    def tick(self) -> None:
        """A tenth of a second of waiting."""
        self._check()
        self._tell()
        if self._process.poll() is not None:
            raise CannotStart(f"The supervisor has ended unasked. {last_words(OUTPUT)}")
        time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return bool(self._rpc.getState())
        except (OSError, HTTPException):
            # It would try to go on with the failed connection.
            self._transport.close()
            return False

    def _tell(self) -> None:
        for line in self._log:
            if words := self._in_words(line):
                self._say(words)

    def _in_words(self, line: str) -> str | None:
        """What a line of supervisord's log means to people; None where that is nothing."""
        if found := re.search(r" exited: (\S+) \((.+);", line):
            name, why = found.groups()
            is_news = name not in self._down
            self._down.add(name)
            return f"{name} has ended ({why}); starting it again." if is_news else None
        if (found := re.search(r" success: (\S+) entered RUNNING", line)) and found[1] in self._down:
            self._down.discard(found[1])
            return f"{found[1]} runs again."
        if found := re.search(r" gave up: (\S+) entered FATAL", line):
            self._given_up.add(found[1])
            return f"{found[1]} does not stay up and was given up; var/log/{found[1]}.log says why."
        if found := re.search(r" killing '(\S+)' .* with SIGKILL", line):
            return f"{found[1]} did not stop in time; killing it."
        if found := re.search(r" stopped: (\S+) ", line):
            return f"{found[1]} has stopped."
        return None


def last_words(log: Path) -> str:
    """The end of the file `log`, without the frames of a traceback, for a message."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    words = [line for line in lines if line.strip() and not line.startswith(("  ", "Traceback "))]
    return "\n  ".join([f"{log.relative_to(ROOT)} {'ends with:' if words else 'is empty.'}", *words[-3:]])
