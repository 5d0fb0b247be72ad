"""Move the wall clock of real processes with libfaketime. The monotonic clock and sleeps stay real."""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HOW_TO_INSTALL = (
    "The clock faults need libfaketime, and none was found that works with this Python. "
    "Install it with: .venv/bin/python -m pip install -r requirements/dev.txt"
)
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
# Prints by how many seconds the wall clock is ahead of the monotonic one, and proves that sleeping works (with Debian
# 12's build of the library, it fails since Python 3.11).
PROBE = "import time; time.sleep(0.001); print(time.time() - time.monotonic())"


class Clock:
    """A wall clock for all processes started with its `environment`: the real one plus `offset` seconds.

    The offset is stored in `file`.
    """

    def __init__(self, file: Path, *, offset: float = 0) -> None:
        self._file = file
        self.offset = offset
        self._write()

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment for processes that use this clock. They see steps immediately."""
        return _preloaded(required_library()) | {
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
        }

    def step(self, seconds: float) -> None:
        """Move the wall clock of the running processes, forward or (negative) backward."""
        self.offset += seconds
        self._write()

    def now(self) -> float:
        """Return the time of the processes, in seconds since the epoch."""
        return time.time() + self.offset

    def _write(self) -> None:
        # Replace the file in one piece of constant length: processes keep reading it.
        part = self._file.with_suffix(".part")
        part.write_text(f"{self.offset:+020.6f}\n")
        part.replace(self._file)


def set_off(seconds: float) -> dict[str, str]:
    """Return the environment of processes whose wall clock is always off by `seconds`.

    PostgreSQL needs this one, because it reads the clock in signal handlers, which must not read files.
    """
    return _preloaded(required_library()) | {"FAKETIME": f"{seconds:+.6f}"}


def is_set_off() -> bool:
    """Return whether `set_off` applies to this process."""
    return "FAKETIME" in os.environ


def missing_tools() -> str:
    """Return how to install what the clock faults need. Empty if nothing is missing."""
    return "" if library() else HOW_TO_INSTALL


def required_library() -> Path:
    """Return the library. RuntimeError with instructions if it is missing."""
    if found := library():
        return found
    raise RuntimeError(HOW_TO_INSTALL)


@cache
def library() -> Path | None:
    """Return the first libfaketime under which Python works: that of the wheel, else of a package."""
    return next((candidate for candidate in _candidates() if _works(candidate)), None)


def remove_leftovers() -> None:
    """Remove the shared memory that killed processes left."""
    for left in SHARED_MEMORY.glob("*faketime_s*_*"):
        if not Path("/proc", left.name.rpartition("_")[2]).exists():
            left.unlink(missing_ok=True)


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("libfaketime")
    if wheel and wheel.origin:
        yield from Path(wheel.origin).parent.glob("vendor/libfaketime/src/libfaketime.so.1")
    for root in (Path("/usr/lib"), Path("/usr/lib64")):
        yield from sorted(root.glob("**/faketime/libfaketimeMT.so.1"))


def _works(candidate: Path) -> bool:
    """Return whether Python under this library sees a clock a day ahead, and can sleep."""
    environment = os.environ | _preloaded(candidate) | {"FAKETIME": "+86400"}
    done = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True)
    if done.returncode:
        return False
    real = time.time() - float(os.environ.get("FAKETIME", "0"))  # this process may be off, too
    ahead = float(done.stdout) - (real - time.monotonic())
    return abs(ahead - 86400) < 60


def _preloaded(found: Path) -> dict[str, str]:
    # A process that gets the id of a killed one would wait forever for its lock.
    remove_leftovers()
    # Both spellings, for old and new versions of the library.
    return {"LD_PRELOAD": str(found), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
