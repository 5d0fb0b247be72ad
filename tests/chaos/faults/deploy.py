"""A new version comes: old and new code side by side, and every process restarted under load."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from tests.chaos.devices import old_version
from tests.chaos.processes import Service, Web
from tests.chaos.registry import Extra, fault
from tests.chaos.results import failed_tasks
from tests.chaos.run import Run
from tests.integration.processes import LocalWorker
from tests.services import free_port, wait_for_port

# Publishes what the old web and the old beat publish, with the old code.
OLD_MESSAGES = """
import time
import django; django.setup()
from django.utils import timezone
from cases.delivery import celery_publisher
from cases.releases import wakeups
from portal.celery import app
for _ in range(5):
    print(wakeups.arm_upcoming(timezone.now()))
    app.send_task("tasks.releases.sweep", expires=10)
    celery_publisher.publish_mail_waiting()
    time.sleep(2)
"""


class OldCode:
    """Runs what `old_version` has exported."""

    @property
    def code(self) -> Path:
        return old_version.DIRECTORY


class OldWorker(OldCode, Service, LocalWorker):
    """A worker of the old version."""

    def __init__(self, queue: str, *, directory: Path, env: dict[str, str]) -> None:
        LocalWorker.__init__(self, f"old-{queue}", queue, concurrency=2, directory=directory, env=env)


class OldWeb(OldCode, Web):
    """The web of the old version."""


@contextmanager
def the_old_version_beside_the_new(environment: dict[str, str]) -> Iterator[Extra]:
    """The old code has been unpacked, and its static files are collected."""
    directory = old_version.export()
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(command, cwd=directory, env=environment, check=True)
    yield Extra()


@fault("deploy", window=15, works_meanwhile=True, surroundings=the_old_version_beside_the_new)
def old_and_new_side_by_side(run: Run) -> None:
    """Workers and web of the old version run alongside the new ones on one database and queue, and each gets messages
    from the other."""
    environment = run.stack.environment
    directory = run.stack.directory / "old"
    directory.mkdir()
    with ExitStack() as at_the_end:
        workers = [OldWorker(queue, directory=directory, env=environment) for queue in ("releases", "mail")]
        web = OldWeb(free_port(), directory=directory, env=environment)
        for service in (*workers, web):
            at_the_end.callback(service.teardown)
        for worker in workers:
            worker.ready()
        wait_for_port(int(web.url.rpartition(":")[2]))
        with run.on():
            publisher = subprocess.Popen(
                [sys.executable, "-c", OLD_MESSAGES], cwd=old_version.DIRECTORY, env=environment, stdout=subprocess.PIPE
            )
            at_the_end.callback(publisher.kill)
            refused = _looks_at(web.url, run)
            run.wait(12)
            armed = publisher.communicate()[0]
        logs = {worker.name: worker.logs() for worker in workers}
    for name, text in logs.items():
        run.note(f"tasks done by {name}", text.count(" succeeded in "))
        run.require(
            f"tasks failed in {name}", sum(sum(errors.values()) for errors in failed_tasks({name: text}).values())
        )
        run.require(f"{name} did nothing", int(" succeeded in " not in text))
    run.note("ETA tasks published by the old code", sum(int(count) for count in armed.split()))
    run.require("pages refused by the old web", refused)
    run.require("publishers of the old version that failed", int(publisher.returncode != 0))


@fault("deploy", window=25)
def rolling_restart(run: Run) -> None:
    """Every process in turn gets SIGTERM and comes back. Then the workers get SIGQUIT."""
    services = run.stack.services
    with run.on():
        for name in services:
            _restart(run, name, signal.SIGTERM)
        for name in ("releases", "sweep", "mail"):
            _restart(run, name, signal.SIGQUIT)


def _restart(run: Run, name: str, number: signal.Signals) -> None:
    service = run.stack.services[name]
    os.kill(service.pid, number)
    service.wait()
    run.stack.supervisor.back(name)


def _looks_at(url: str, run: Run) -> int:
    """Return how many members do not get their page there."""
    answers = [
        requests.get(f"{url}/cases/", cookies={"sessionid": session}, allow_redirects=False, timeout=20).status_code
        for session in run.load.sessions.values()
    ]
    return sum(status != requests.codes.ok for status in answers)
