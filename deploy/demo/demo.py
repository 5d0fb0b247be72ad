"""`make demo`: prepares what is missing, runs the whole portal, says where everything is, and stops it all on Ctrl-C.

What runs is in supervisord.conf; ports, addresses and secrets in plan.py. Runs with .venv's Python, without arguments.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import redis
from plan import ROOT, VAR, CannotStart, Plan, check, make_plan, secret, write_dotenv
from processes import MARK, Stopped, StopSignals, end_leftovers, leftovers, only_demo
from supervision import Supervision, last_words

LOGS = VAR / "log"


def say(line: str) -> None:
    """One line on the terminal, which may be gone."""
    with suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def main() -> int:
    """Runs the demo until it is stopped. Returns the exit code."""
    signals = StopSignals()
    # Mail, logs and passwords are for nobody but the user who runs the demo.
    os.umask(0o077)
    for directory in ("log", "mail", "redis"):
        (VAR / directory).mkdir(parents=True, exist_ok=True)
    try:
        with only_demo():
            run(signals)
    except CannotStart as reason:
        say(f"make demo: {reason}")
        return 1
    except Stopped:
        say("Everything has stopped.")
    return 0


def run(signals: StopSignals) -> None:
    """Brings everything up and watches it, until Stopped is raised."""
    began = time.monotonic()
    if found := leftovers():
        say(f"A demo that was killed has left {len(found)} processes behind; ending them…")
        end_leftovers()
    plan = make_plan(os.environ)
    check(plan)
    os.environ.update(variables(plan))
    check_settings()
    if plan.writes_dotenv:
        write_dotenv(plan)
    with Supervision(say, signals.check) as supervision:
        bring_up(plan, supervision)
        say(summary(plan, time.monotonic() - began))
        supervision.watch()


def variables(plan: Plan) -> dict[str, str]:
    """What the demo's processes find in their environment beyond that of the person who started it."""
    return {
        # `python` in supervisord.conf is that of .venv.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "SECRET_KEY": plan.secret_key,
        "PORTAL_URL": plan.portal.url,
        "FLOWER_URL": os.environ.get("FLOWER_URL") or plan.flower.url,
        "REDIS_URL": plan.redis.url,
        "EMAIL_URL": plan.mail.url,
        **{place.service.port_variable: str(place.port) for place in plan.places},
        "DEMO_REDIS_SERVER": plan.redis_server,
        "FLOWER_BASIC_AUTH": os.environ.get("FLOWER_BASIC_AUTH") or f"flower:{secret('flower-password')}",
    }


def check_settings() -> None:
    """CannotStart with the sentence of settings.py or Django, if a variable has a value that it refuses."""
    sys.path.insert(0, str(ROOT))
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        bool(settings.DEBUG)  # the first look loads them
    except (ImproperlyConfigured, ValueError) as error:
        raise CannotStart(str(error)) from None


def bring_up(plan: Plan, supervision: Supervision) -> None:
    """Starts what the rest needs, prepares the data, starts the rest; returns when everything answers."""
    if plan.redis.is_ours:
        supervision.start("redis")
    if plan.mail.is_ours:
        supervision.start("mail-sink")
    supervision.wait_for("redis", partial(redis_answers, plan.redis.url))
    say("Preparing the database…")
    prepare(supervision)
    say("Starting the portal…")
    supervision.start("portal")
    for name in ["mail-sink", "beat"] if plan.mail.is_ours else ["beat"]:
        supervision.wait_for(name, partial(supervision.is_running, name), seconds=30)
    supervision.wait_for("web", partial(http_answers, plan.portal.port, "/health/ready/"))
    supervision.wait_for("flower", partial(http_answers, plan.flower.port, "/healthcheck"))
    supervision.wait_for("release-worker", partial(worker_answers, "releases"))
    supervision.wait_for("sweep-worker", partial(worker_answers, "sweep"))
    supervision.wait_for("mail-worker", partial(worker_answers, "mail"))


def prepare(supervision: Supervision) -> None:
    """An up-to-date database with the demo data in it, and the static files; CannotStart if that fails."""
    password = {"DEMO_PASSWORD": secret("demo-password", os.environ.get("DEMO_PASSWORD"))}
    # Static files need no database, and there may be a second core.
    with ManageCommand("collectstatic", "--no-input") as static:
        with ManageCommand("migrate", "--no-input") as migrate:
            migrate.finish(supervision)
        with ManageCommand("demo_data", variables=password) as demo_data:
            demo_data.finish(supervision)
        static.finish(supervision)


class ManageCommand:
    """A context: the manage.py command `name` runs inside it, and not after it. It writes to var/log/."""

    def __init__(self, name: str, *options: str, variables: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._log = LOGS / f"{name}.log"
        self._command = [sys.executable, "manage.py", name, *options]
        self._variables = {**os.environ, **MARK, **(variables or {})}

    def __enter__(self) -> "ManageCommand":
        with self._log.open("w") as output:
            self._process = subprocess.Popen(  # noqa: S603
                self._command,
                cwd=ROOT,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A Ctrl-C is for the demo alone.
                start_new_session=True,
            )
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait()

    def finish(self, supervision: Supervision) -> None:
        """Returns when it has succeeded; CannotStart with its last words if it fails."""
        while self._process.poll() is None:
            supervision.tick()
        if self._process.returncode:
            raise CannotStart(f"manage.py {self._name} failed. {last_words(self._log)}")


def redis_answers(url: str) -> bool:
    """Whether the Redis at `url` answers, and has read its data."""
    try:
        with redis.Redis.from_url(url, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def http_answers(port: int, path: str) -> bool:
    """Whether the web server on `port` answers `path`, without an error of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker_answers(name: str) -> bool:
    """Whether the worker `name` of this machine answers through the broker."""
    from kombu.exceptions import OperationalError

    from portal.celery import app

    try:
        return bool(app.control.ping(destination=[f"{name}@{socket.gethostname()}"], timeout=1))
    except OperationalError:
        return False


def summary(plan: Plan, seconds: float) -> str:
    """What people need to know once everything is up."""
    flower_user, _, flower_password = os.environ["FLOWER_BASIC_AUTH"].partition(":")
    mail = "var/mail/, one .eml file a message" if plan.mail.is_ours else f"goes to {_server(plan.mail.url)}"
    lines = {
        "Portal": plan.portal.url,
        "Logins": "member, other-member, technician, admin",
        "Password": secret("demo-password"),
        "Flower": f"{plan.flower.url} (login {flower_user}, password {flower_password})",
        "Mail": mail,
        "Logs": "var/log/",
        "Stop": "Ctrl-C" + ("" if sys.stdin.isatty() else f", or kill {os.getpid()}"),
    }
    if plan.unlike_dotenv:
        lines["manage.py"] = f"by hand needs what .env does not say: {' '.join(plan.unlike_dotenv)}"
    table = "\n".join(f"  {name:<10} {text}" for name, text in lines.items())
    return f"\nThe portal is up, after {seconds:.0f} s.\n\n{table}\n"


def _server(url: str) -> str:
    """Host and port of `url`, without a password that may be in it."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname or url)


if __name__ == "__main__":
    sys.exit(main())
