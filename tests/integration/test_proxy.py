"""The proxy of docker-compose.yml, run here: its nginx.conf in front of a real gunicorn with four threads."""

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.services import free_port, wait_for_port

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed here"),
]
THREADS = 4
SLOW_POST = b"POST / HTTP/1.1\r\nHost: portal\r\nContent-Type: text/plain\r\nContent-Length: 50\r\n\r\nx"


@pytest.fixture(scope="module")
def web() -> Iterator[int]:
    """The port of a gunicorn as in the Dockerfile, with one process."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.integration.echo", "--bind", f"127.0.0.1:{port}"]
    options = ["--threads", str(THREADS), "--no-control-socket", "--log-level", "error"]
    with ExitStack() as stack:
        process = stack.enter_context(subprocess.Popen([*command, *options], cwd=settings.BASE_DIR))
        stack.callback(process.terminate)
        wait_for_port(port)
        yield port


@pytest.fixture(scope="module")
def proxy(web: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with nginx(web, tmp_path_factory.mktemp("nginx")) as port:
        yield port


@contextmanager
def nginx(upstream: int, directory: Path) -> Iterator[int]:
    """The port of an nginx with the configuration from Compose, with its words in capitals replaced in the same way."""
    port = free_port()
    text = (Path(settings.BASE_DIR) / "deploy" / "nginx.conf").read_text()
    replacements = {
        "PORT;": f"127.0.0.1:{port};",
        "UPSTREAM;": f"127.0.0.1:{upstream};",
        "RESOLVER": "127.0.0.1",
        "MAX_BODY": "3m",
        "/tmp/": f"{directory}/",  # noqa: S108
    }
    for old, new in replacements.items():
        text = text.replace(old, new)
    configuration = directory / "nginx.conf"
    configuration.write_text(text)
    # As root, it would switch to another user, who has no access to the test's folder.
    options = "daemon off;" + (" user root;" if os.getuid() == 0 else "")
    with subprocess.Popen(["nginx", "-p", str(directory), "-c", str(configuration), "-g", options]) as process:
        try:
            wait_for_port(port)
            yield port
        finally:
            process.terminate()


def ask(port: int, *, timeout: float = 20, data: bytes | None = None, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", data=data, headers=named)
    with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
        answer: dict[str, Any] = json.loads(response.read())
        return answer


@contextmanager
def slow_people(port: int, count: int) -> Iterator[None]:
    """That many connections with half a request, and the same number with none."""
    with ExitStack() as stack:
        for sent in (SLOW_POST, b"") * count:
            stack.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(sent)
        yield


def test_idle_and_slow_connections_stop_no_thread_of_web(web: int, proxy: int) -> None:
    with slow_people(proxy, 5 * THREADS):
        assert ask(proxy)["length"] == 0
    # This is because of the proxy: without it no one would get a response.
    with slow_people(web, THREADS), pytest.raises(TimeoutError):
        ask(web, timeout=1)


@pytest.mark.parametrize(
    ("headers", "client", "scheme"),
    [
        ({}, "127.0.0.1", "http"),
        ({"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}, "203.0.113.9", "https"),
        # What the client wrote itself comes before what the TLS proxy added.
        ({"X_Forwarded_For": "8.8.8.8, 203.0.113.9"}, "203.0.113.9", "http"),
        # In an office or a VPN the client's own address is a private one.
        ({"X_Forwarded_For": "8.8.8.8, 192.168.1.20"}, "192.168.1.20", "http"),
        ({"X_Forwarded_For": "8.8.8.8, 10.0.0.7, 10.8.0.5"}, "10.8.0.5", "http"),
        ({"X_Forwarded_For": "8.8.8.8, 127.0.0.1"}, "127.0.0.1", "http"),
        ({"X_Forwarded_For": "172.16.3.4"}, "172.16.3.4", "http"),
        ({"X_Forwarded_For": "nonsense", "X_Forwarded_Proto": "gopher"}, "127.0.0.1", "http"),
        ({"X_Real_IP": "8.8.8.8", "Forwarded": "for=8.8.8.8"}, "127.0.0.1", "http"),
    ],
)
def test_web_is_told_one_client_that_nobody_can_choose(
    proxy: int, headers: dict[str, str], client: str, scheme: str
) -> None:
    told = ask(proxy, Host="cases.example.org", **headers)

    assert told["HTTP_X_FORWARDED_FOR"] == client
    assert told["HTTP_X_FORWARDED_PROTO"] == scheme
    assert told["HTTP_HOST"] == "cases.example.org"
    assert not {"HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_X_FORWARDED_HOST"} & told.keys()


def test_a_large_upload_passes_and_a_larger_one_is_refused_in_words(proxy: int) -> None:
    assert ask(proxy, data=b"x" * 2_500_000)["length"] == 2_500_000
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(proxy, data=b"x" * 4_000_000)
    assert refused.value.code == 413
    assert b"too large" in refused.value.read()


def test_while_web_is_away_people_are_told_when_to_come_back(tmp_path: Path) -> None:
    with nginx(free_port(), tmp_path) as port, pytest.raises(urllib.error.HTTPError) as refused:
        ask(port)
    assert refused.value.code == 503
    assert refused.value.headers["Retry-After"] == "30"
    assert b"restarting" in refused.value.read()
