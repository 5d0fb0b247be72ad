"""One demo at a time in a checkout, and nothing left behind by one that was killed."""

import ctypes
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from plan import VAR, CannotStart

# Every process of the demo has this in its environment, whoever has become its parent.
MARK = {"ADVISOR_PORTAL_DEMO": str(VAR)}


@contextmanager
def only_demo() -> Iterator[None]:
    """Holds the checkout as long as this process lives; CannotStart if another demo does."""
    with (VAR / "demo.lock").open("a+") as lock:
        lock.seek(0)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = lock.read().strip()
            raise CannotStart(
                f"A demo runs in this checkout already, as process {pid}: stop it with Ctrl-C there, or kill {pid}."
            ) from None
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def leftovers() -> list[psutil.Process]:
    """The living processes of this checkout's demo. While one runs, those are its own."""
    found = []
    for process in psutil.process_iter():
        # Gone in the meantime, or another user's.
        with suppress(psutil.Error):
            if MARK.items() <= process.environ().items() and process.pid != os.getpid():
                found.append(process)
    return found


def end_leftovers() -> None:
    """Ends what leftovers() finds: first a supervisor, which stops its processes in order, Redis after all others.

    A worker without its supervisor cannot stop by itself: Celery fails to say so on a closed pipe, and goes on. What
    it held stays in Redis, and the sweep does its work.
    """
    for turn, seconds in ((_is_supervisor, 90), (_is_not_redis, 5), (_is_anything, 20)):
        found = [process for process in leftovers() if turn(process)]
        pids = {process.pid for process in found}
        for process in found:
            with suppress(psutil.Error):
                # The children of a worker are its own business while it lives.
                if process.ppid() not in pids:
                    process.terminate()
        _wait(found, seconds)
        for process in filter(_is_alive, found):
            with suppress(psutil.Error):
                process.kill()
        _wait(found, 5)


def _is_supervisor(process: psutil.Process) -> bool:
    return "supervisor.supervisord" in process.cmdline()


def _is_not_redis(process: psutil.Process) -> bool:
    return Path(process.exe()).name != "redis-server"


def _is_anything(process: psutil.Process) -> bool:
    return True


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _wait(processes: list[psutil.Process], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and any(map(_is_alive, processes)):
        time.sleep(0.1)


def die_with_parent() -> None:
    """For `preexec_fn`, on Linux: SIGTERM for this process when its parent dies, even of SIGKILL."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class Stopped(Exception):
    """Somebody asked the demo to stop."""


class StopSignals:
    """Notes SIGINT, SIGTERM and SIGHUP, which do nothing else from then on."""

    def __init__(self) -> None:
        self._came = False
        self._make = os.getppid() if "MAKELEVEL" in os.environ else None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup ignores SIGHUP, and means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)

    def _note(self, number: int, frame: object) -> None:
        self._came = True

    def check(self) -> None:
        """Raises Stopped if such a signal came, or the `make` that started this process was interrupted or is gone.

        `make` passes on SIGTERM, but not SIGINT: it takes that for a Ctrl-C, which the terminal gives to everyone.
        """
        if self._came or (self._make is not None and (os.getppid() != self._make or _was_interrupted(self._make))):
            raise Stopped


def _was_interrupted(make: int) -> bool:
    """Whether the process `make` got SIGINT: it drops its handler for it then. Only Linux can tell."""
    masks = {}
    with suppress(OSError):
        for line in Path(f"/proc/{make}/status").read_text().splitlines():
            name, _, mask = line.partition(":")
            if name in {"SigCgt", "SigIgn"}:
                masks[name] = int(mask, 16) >> (signal.SIGINT - 1) & 1
    return masks == {"SigCgt": 0, "SigIgn": 0}
