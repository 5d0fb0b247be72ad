"""`make demo`: run the Procfile under supervisor, say where everything is, and stop it all on Ctrl-C."""

import ctypes
import fcntl
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from configparser import RawConfigParser
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]
from environment import ROOT, VAR, CannotStart, complete_environment

LOGS = VAR / "log"
# Every process of the demo has this in its environment, even after its parent is gone.
MARK = {"ADVISOR_PORTAL_DEMO": str(VAR)}
HEAD = {"nodaemon": "true", "silent": "true", "logfile": "var/log/supervisor.log", "pidfile": "var/supervisor.pid"}
EACH = {"autorestart": "true", "startsecs": "3", "stopwaitsecs": "25", "killasgroup": "true", "redirect_stderr": "true"}
# A process that is not up by then does not come up.
START_SECONDS = 300
MB = 1_000_000
# What a fresh demo writes into var/: mostly static files.
NEEDED = 50 * MB
IS_READY = re.compile(r"Ready to accept|Listening at| ready\.|beat: Starting|Visit me at")


def main() -> str | None:
    """Run the demo until it is stopped. Return why it could not run."""
    catch_signals()
    os.chdir(ROOT)
    os.umask(0o077)  # mail, logs and passwords are for the user who runs the demo
    try:
        for directory in ("log", "redis"):
            (VAR / directory).mkdir(parents=True, exist_ok=True)
        with lock_checkout():
            run()
    except CannotStart as reason:
        return f"make demo: {reason}"
    except OSError as error:
        return f"make demo: Can't write {error.filename or VAR}: {error.strerror}."
    except KeyboardInterrupt:
        say("Everything has stopped.")
    return None


def run() -> None:
    """Bring everything up and watch it, until KeyboardInterrupt or CannotStart."""
    began, make = time.monotonic(), os.getppid()
    check_space(MB if (VAR / "static").exists() else NEEDED)
    if count := end_all():
        say(f"Stopped {count} processes that an earlier demo left running.")
    services = complete_environment()
    for old in (VAR / "prepared", *LOGS.iterdir()):
        old.unlink(missing_ok=True)
    starting = configure(services)
    supervisor = start_supervisor()
    with (LOGS / "supervisor.log").open() as log:
        try:
            prepare()
            while supervisor.poll() is None:
                tell(log.readlines())
                if "MAKELEVEL" in os.environ and make_was_stopped(make):
                    raise KeyboardInterrupt
                starting = still_starting(starting, began)
                time.sleep(0.2)
            raise CannotStart(last_words("supervisor"))
        finally:
            say("Stopping…")
            supervisor.terminate()
            with suppress(subprocess.TimeoutExpired):
                supervisor.wait(90)
            end_all()
            tell(log.readlines())


def still_starting(names: list[str], began: float) -> list[str]:
    """Return which of `names` are not up yet. Say so once all are; CannotStart where one takes too long."""
    if not names:
        return []
    left = [name for name in names if not is_up(name)]
    if not left:
        say(summary(time.monotonic() - began))
    elif time.monotonic() > began + START_SECONDS:
        raise CannotStart(last_words(left[0]))
    return left


def configure(services: set[str]) -> list[str]:
    """Write supervisor's configuration from the Procfile, and return the names of what it will run."""
    lines = [line.split(": ", 1) for line in Path("Procfile").read_text().splitlines() if line[0] != "#"]
    first = {"redis": 1, "mail-sink": 2}  # the highest priority stops first
    commands = {name: command for name, command in lines if name in services or name not in first}
    portal = ",".join(name for name in commands if name not in first)
    config = RawConfigParser()
    config.read_dict({"supervisord": HEAD, "group:portal": {"programs": portal, "priority": "3"}})
    for name, command in commands.items():
        wait = "" if name in first else "until [ -e var/prepared ]; do sleep 0.1; done; "
        config[f"program:{name}"] = EACH | {
            "command": f"sh -c {shlex.quote(f'{wait}exec {command}')}".replace("%", "%%"),
            "priority": str(first.get(name, 3)),
            # QUIT gives a worker 10 s for its tasks. Then it returns what it holds to Redis.
            "stopsignal": "QUIT" if name.endswith("worker") else "TERM",
            "stdout_logfile": f"var/log/{name}.log",
        }
    with (VAR / "supervisor.conf").open("w") as file:
        config.write(file)
    return list(commands)


def check_space(least: int) -> None:
    """Raise CannotStart if the disk of var/ has less than `least` bytes left."""
    left = shutil.disk_usage(VAR).free
    if left < least:
        space = f"{VAR} has {round(left / MB)} MB of disk space left, and the demo needs {least // MB} MB."
        raise CannotStart(f"{space} Free some space, then try again.")


def start_supervisor() -> "subprocess.Popen[bytes]":
    """Start supervisor in a session that Ctrl-C does not reach."""
    with (LOGS / "supervisor.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "--configuration", "var/supervisor.conf"],
            env={**os.environ, **MARK},
            stdin=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            # PR_SET_PDEATHSIG: SIGTERM for supervisor when the demo dies, even from SIGKILL.
            preexec_fn=(lambda: ctypes.CDLL(None).prctl(1, signal.SIGTERM)) if sys.platform == "linux" else None,
        )


def prepare() -> None:
    """Bring database, demo data and static files up to date, and let the portal start. CannotStart if that fails."""
    say("Preparing the database…")
    with (LOGS / "prepare.log").open("w") as log:
        command = [sys.executable, "manage.py", "prepare_demo"]
        if subprocess.run(command, env={**os.environ, **MARK}, stdout=log, stderr=log).returncode:  # noqa: S603
            raise CannotStart(last_words("prepare"))
    say("Starting the portal…")
    (VAR / "prepared").touch()


def is_up(name: str) -> bool:
    """Tell whether the process `name` says in its log that it is ready. The mail sink writes none."""
    return name == "mail-sink" or bool(IS_READY.search((LOGS / f"{name}.log").read_text(errors="replace")))


def tell(lines: list[str]) -> None:
    """Say what supervisor logged about processes that ended, were given up or were stopped."""
    for line in lines:
        if found := re.search(r"(exited|gave up|killing|stopped): .*", line):
            say(found[0])


def last_words(name: str) -> str:
    """Return why `name` does not run, from its log. CannotStart if the disk is full: then the log may be empty."""
    check_space(MB)
    words = [line for line in (LOGS / f"{name}.log").read_text(errors="replace").splitlines() if line.strip()]
    why = re.sub(r"^[\w.]*(Error|ImproperlyConfigured): ", "", words[-1]) if words else f"{name} didn't start."
    return f"{why} (var/log/{name}.log)"


def summary(seconds: float) -> str:
    """Return what people need to know once everything is up."""
    return f"""The portal is up. It took {seconds:.0f} s.
  Portal     {os.environ["PORTAL_URL"]}
  Logins     member, other-member, technician, admin
  Password   {os.environ["DEMO_PASSWORD"]}
  Flower     {os.environ["FLOWER_URL"]} (login flower, same password)
  Mail       to {os.environ["EMAIL_URL"].rpartition("@")[2]} (the demo's own server keeps it in var/mail/new)
  Logs       var/log
  Stop       Ctrl-C, or kill {os.getpid()}"""


def say(line: str) -> None:
    """Print one line to the terminal, which may be gone."""
    with suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def lock_checkout() -> IO[str]:
    """Lock the checkout while the returned file is open. CannotStart if another demo holds the lock."""
    lock = (VAR / "demo.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart("A demo is already running in this checkout. Stop it with Ctrl-C in its terminal.") from None
    return lock


def end_all() -> int:
    """End all remaining processes of this checkout's demo, and return their number."""
    count = 0
    # A Celery worker without its supervisor cannot stop on its own, because its log was a pipe to it. The sweep does
    # its work.
    while found := [process for process in psutil.process_iter(["environ"]) if is_marked(process)]:
        count += len(found)
        for process in found:
            with suppress(psutil.Error):
                process.terminate()
        for process in psutil.wait_procs(found, timeout=10)[1]:
            with suppress(psutil.Error):
                process.kill()
    return count


def is_marked(process: psutil.Process) -> bool:
    """Tell whether `process` is one of this checkout's demo, other than this one."""
    return process.pid != os.getpid() and MARK.items() <= (process.info["environ"] or {}).items()


def catch_signals() -> None:
    """Raise KeyboardInterrupt at the first SIGINT, SIGTERM or SIGHUP, and ignore those that follow."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    numbers = [number for number in signals if signal.getsignal(number) != signal.SIG_IGN]  # nohup ignores SIGHUP

    def stop(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, stop)


def make_was_stopped(make: int) -> bool:
    """Tell whether the process `make` is gone or got SIGINT, which it does not pass on: it drops its handler then."""
    masks: list[str] = []
    with suppress(OSError):  # only Linux can tell
        masks = re.findall(r"Sig(?:Ign|Cgt):\s*(\w+)", Path(f"/proc/{make}/status").read_text())
    is_deaf = any(masks) and not any(int(mask, 16) >> (signal.SIGINT - 1) & 1 for mask in masks)
    return os.getppid() != make or is_deaf


if __name__ == "__main__":
    sys.exit(main())
