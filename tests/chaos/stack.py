"""Start everything that runs in production on loopback: database, broker, mail server and portal."""

import datetime as dt
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.devices.smtp_server import SmtpServer
from tests.chaos.plan import Scale
from tests.chaos.processes import BeatService, Service, Supervisor, Web, WorkerService
from tests.chaos.registry import Extra, Surroundings
from tests.chaos.servers import Broker, Database
from tests.services import free_port, wait_for_port
from tests.static_files import collect_static


@dataclass
class Stack:
    """A running portal. One stack serves many faults. Its processes are killed at the end."""

    scale: Scale
    directory: Path
    environment: dict[str, str]
    database: Database
    redis: Broker
    mail: SmtpServer
    services: dict[str, Service]
    supervisor: Supervisor
    devices: dict[str, Any]

    @property
    def web_url(self) -> str:
        web = self.services["web"]
        assert isinstance(web, Web)
        return web.url

    def kill(self, name: str) -> None:
        """Kill the service and its children with SIGKILL, as if the machine died. The supervisor starts it again."""
        self.services[name].kill()

    def log_sizes(self) -> Counter[str]:
        """Return the size of each log."""
        return Counter({name: service.log_size() for name, service in self.services.items()})

    def logs_since(self, sizes: Counter[str]) -> dict[str, str]:
        """Return what each service has logged since `sizes`."""
        return {name: service.logs_from(sizes[name]) for name, service in self.services.items()}


@contextmanager
def running_stack(scale: Scale, surroundings: Surroundings | None = None) -> Iterator[Stack]:
    """Start everything and set up Django in this process. A process can have one stack."""
    with ExitStack() as at_the_end:
        directory = Path(at_the_end.enter_context(tempfile.TemporaryDirectory(prefix="portal-chaos-", dir="/tmp")))
        directory.chmod(0o755)
        database = at_the_end.enter_context(Database(directory / "pg").running())
        redis = Broker(directory / "redis")
        at_the_end.callback(redis.stop)
        redis.start()
        mail = at_the_end.enter_context(SmtpServer(directory))
        environment = _environment(scale, database=database, redis=redis, mail=mail)
        extra = at_the_end.enter_context(surroundings(dict(environment))) if surroundings else Extra()
        environment |= extra.environment
        _set_django_up(environment)
        services = _start_services(directory, environment, extra, at_the_end)
        supervisor = at_the_end.enter_context(Supervisor(services).running())
        yield Stack(scale, directory, environment, database, redis, mail, services, supervisor, extra.devices)


def _environment(scale: Scale, *, database: Database, redis: Broker, mail: SmtpServer) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELEASE_")}
    return inherited | {
        "SECRET_KEY": "only for chaos",
        "ENV_FILE": os.devnull,
        "DEBUG": "0",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": database.url,
        "REDIS_URL": redis.url,
        "EMAIL_URL": mail.url,
        "EMAIL_TIMEOUT": "1",  # leases are short then
        "TIME_ZONE": "UTC",
        "SWEEP_INTERVAL": str(scale.sweep_interval),
        "RELEASE_MIN_DAYS": "0",
        "RELEASE_REMINDER_TIME": _an_hour_ago(),
        "LOG_LEVEL": "INFO",  # workers say "ready" at this level
    }


def _an_hour_ago() -> str:
    """Return a time of day, in UTC, at which today's reminders are due and tomorrow's not for a long time."""
    return f"{dt.datetime.now(dt.UTC) - dt.timedelta(hours=1):%H:%M}"


def _set_django_up(environment: dict[str, str]) -> None:
    os.environ |= environment | {"LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    collect_static()


def _start_services(
    directory: Path, environment: dict[str, str], extra: Extra, at_the_end: ExitStack
) -> dict[str, Service]:
    def env(name: str) -> dict[str, str]:
        # Names each service in pg_stat_activity.
        return environment | {"PGAPPNAME": name} | extra.services.get(name, {})

    port = free_port()
    services: dict[str, Service] = {
        "web": Web(port, directory=directory, env=env("web")),
        "releases": WorkerService("releases", directory=directory, env=env("releases")),
        "sweep": WorkerService("sweep", concurrency=1, directory=directory, env=env("sweep")),
        "mail": WorkerService("mail", directory=directory, env=env("mail")),
        "beat": BeatService(directory=directory, env=env("beat")),
    }
    for service in services.values():
        at_the_end.callback(service.teardown)
    for service in services.values():
        service.ready()
    wait_for_port(port)
    return services
