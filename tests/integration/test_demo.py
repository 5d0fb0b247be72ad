"""`make demo`, run for real in a copy of this checkout: what it starts, says, restarts and leaves behind."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from django.conf import settings

from tests.services import free_port

PORTS = ("PORT", "FLOWER_PORT", "SMTP_PORT", "DEMO_REDIS_PORT")
PARTS = ("cases", "portal", "tasks", "deploy", "requirements", "Makefile", "Procfile", "manage.py", "gunicorn.conf.py")
PATIENCE = 300


def heed_signals() -> None:
    """Undo what nohup and a shell in the background do: a process whose parent ignores SIGHUP or SIGINT does so too."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


class Demo:
    """`make demo` in the checkout `root`, and what it prints."""

    def __init__(self, root: Path, **variables: str) -> None:
        self.root = root
        self.output = root / f"output-{time.monotonic_ns()}"
        # The requirements are already installed for this run: -o leaves them as they are.
        command = ["make", "demo", "-o", ".venv/.installed-for-demo"]
        with self.output.open("w") as output:
            self.make = subprocess.Popen(
                command,
                cwd=root,
                env=environment(variables),
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=heed_signals,
            )

    def text(self) -> str:
        return self.output.read_text()

    def waits_for(self, words: str) -> None:
        """Return once it has printed `words`."""
        eventually(lambda: words in self.text() or self.make.poll() is not None)
        assert words in self.text(), self.text()

    def ends(self) -> int:
        """Return its exit code, once none of its processes are left."""
        code = self.make.wait(PATIENCE)
        eventually(lambda: not processes_of(self.root))
        return code


def environment(variables: dict[str, str]) -> dict[str, str]:
    unset = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "ENV_FILE", "PORTAL_URL", "MAKELEVEL", "MAKEFLAGS")
    ports = {name: str(free_port()) for name in PORTS}
    return {name: value for name, value in os.environ.items() if name not in unset} | ports | variables


def processes_of(root: Path, part_of_command: str = "") -> list[psutil.Process]:
    """Return the running processes that this checkout's demo started, with that in their command, oldest first."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("ADVISOR_PORTAL_DEMO") == str(root / "var"):
                found.append((process.create_time(), " ".join(process.cmdline()), process))
    found.sort(key=lambda each: each[0])
    return [process for _, command, process in found if part_of_command in command]


def the(part_of_command: str, root: Path) -> psutil.Process:
    """Return the first process of the demo with that in its command."""
    return processes_of(root, part_of_command)[0]


def eventually(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.1)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A copy of this checkout, in which no demo has run."""
    for part in PARTS:
        source = Path(settings.BASE_DIR) / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / part)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    yield tmp_path
    for process in processes_of(tmp_path):
        with suppress(psutil.Error):
            process.kill()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first demo leaves its database, for demos whose own setup is not tested."""
    return tmp_path_factory.mktemp("prepared") / "portal.sqlite3"


def test_runs_restarts_what_dies_and_stops_with_make(checkout, prepared):
    demo = Demo(checkout)
    demo.waits_for("The portal is up")
    assert "member, other-member, technician, admin" in demo.text()
    assert (checkout / "var/demo-password").read_text() in demo.text()
    answers(demo)

    second = Demo(checkout)
    assert second.make.wait(PATIENCE) != 0
    assert "A demo is already running in this checkout." in second.text()

    web = the("gunicorn", checkout)
    web.kill()
    demo.waits_for("exited: web (terminated by SIGKILL; not expected)")
    eventually(lambda: the("gunicorn", checkout).pid != web.pid)
    eventually(lambda: "Listening at" in (checkout / "var/log/web.log").read_text().partition("Listening at")[2])
    answers(demo)

    # As when a program interrupts `make`, which does not pass the signal on.
    demo.make.send_signal(signal.SIGINT)
    demo.ends()
    assert "Everything has stopped." in demo.text()
    order = [line.split()[1] for line in demo.text().splitlines() if line.startswith("stopped: ")]
    assert order[-2:] == ["mail-sink", "redis"]
    assert len(order) == 8
    copy_database(checkout / "var/portal.sqlite3", prepared)


def copy_database(source: Path, target: Path) -> None:
    """Copy what is committed, whichever file SQLite keeps it in."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


def answers(demo: Demo) -> None:
    """Check that the portal is where it says."""
    address = demo.text().partition("Portal ")[2].split()[0]
    with urlopen(f"{address}/health/ready/", timeout=30) as answer:  # noqa: S310
        assert answer.status == 200


@pytest.mark.parametrize("killed", ["deploy/demo/demo.py", "supervisor.supervisord"], ids=["demo", "supervisor"])
def test_leaves_nothing_behind_when_it_is_killed(checkout, prepared, killed):
    (checkout / "var").mkdir()
    if prepared.exists():
        copy_database(prepared, checkout / "var/portal.sqlite3")
    demo = Demo(checkout)
    demo.waits_for("Starting the portal…")
    if "demo.py" in killed:
        (victim,) = psutil.Process(demo.make.pid).children()
    else:
        victim = the(killed, checkout)
    victim.kill()
    assert demo.ends() != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_stops_while_it_is_being_prepared(checkout, number):
    demo = Demo(checkout)
    demo.waits_for("Preparing the database…")
    os.killpg(demo.make.pid, number)
    demo.ends()
    assert "Everything has stopped." in demo.text()


def test_says_which_ports_are_taken_and_a_command_that_works(checkout):
    one, two = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    with one, two:
        web, mail = (str(taken.getsockname()[1]) for taken in (one, two))
        demo = Demo(checkout, PORT=web, SMTP_PORT=mail)
        assert demo.ends() != 0
    said = f"make demo: Ports {web} (web) and {mail} (mail-sink) are in use. Free them, or run: make demo "
    assert said in demo.text()
    offered = dict(part.split("=") for part in demo.text().partition(said)[2].split("\n")[0].split())
    assert set(offered) == set(PORTS)
    assert not {web, mail} & set(offered.values())


def test_says_which_port_is_taken(checkout):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        demo = Demo(checkout, PORT=port)
        assert demo.ends() != 0
    assert f"make demo: Port {port} (web) is in use. Free it, or run: make demo PORT=" in demo.text()


def test_says_what_it_cannot_write(checkout):
    (checkout / "var").write_text("")
    demo = Demo(checkout)
    assert demo.ends() != 0
    assert f"make demo: Can't write {checkout}/var/log: Not a directory." in demo.text()
    assert "Traceback" not in demo.text()


def test_says_that_the_disk_is_full(checkout):
    var = checkout / "var"
    var.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(var)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        demo = Demo(checkout)
        assert demo.ends() != 0
        assert f"make demo: {var} has 8 MB of disk space left, and the demo needs 50 MB." in demo.text()
        assert "Preparing" not in demo.text()
    finally:
        subprocess.run(["umount", "--lazy", str(var)], check=True)


def test_says_that_the_database_is_of_another_version(checkout):
    (checkout / "var").mkdir()
    with sqlite3.connect(checkout / "var/portal.sqlite3") as database:
        database.execute("CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text, applied text)")
        database.execute("INSERT INTO django_migrations VALUES (1, 'cases', '0005_sampled_totals', '2026-01-01')")
    demo = Demo(checkout)
    assert demo.ends() != 0
    assert "make demo: The database was created by another version of the portal" in demo.text()
    assert "delete var/" in demo.text()


def test_says_that_python_is_missing(checkout):
    (checkout / ".venv").unlink()
    answer = subprocess.run(
        ["make", "demo", "PYTHON=python-that-is-missing"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert answer.returncode != 0
    assert "Python 3.11 or newer is required, but python-that-is-missing isn't on the PATH." in answer.stderr
