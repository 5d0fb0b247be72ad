"""A process that requests pages from a web server, and reports the time and result of each request.

    python -m tests.bench.load < order.json > answers.json

It uses raw sockets on asyncio, because client and server share the machine.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from tests.bench.machine import ROOT

PATIENCE = 30


@dataclass(frozen=True)
class Answer:
    """One response: the person, the times of the request and of its completion (seconds since the epoch), its status
    (0: none), and how often it contains the wanted text."""

    person: int
    begun: float
    ended: float
    status: int
    found: int

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


def ask(port: int, people: list[tuple[str, str]], **order: Any) -> list[Answer]:
    """Have `people`, each a path and a session key, send requests for `seconds`: without a pause, `at_a_time` at once,
    or each person `every` few seconds. `text` is counted in the responses."""
    return answers(started(port, people, **order))


def started(port: int, people: list[tuple[str, str]], **order: Any) -> "subprocess.Popen[str]":
    """Start the process for `ask` and return it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"port": port, "people": people, "text": "</html>", **order}))
    process.stdin.close()
    process.stdin = None
    return process


def answers(process: "subprocess.Popen[str]") -> list[Answer]:
    """Wait for a started process and return its responses."""
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("The load process failed.")
    return [Answer(*row) for row in json.loads(output)]


async def _look(order: dict[str, Any], person: int) -> tuple[Any, ...]:
    """Request the page of `person` on a new connection. Persistent ones often lead to the same server process."""
    begun = time.time()
    try:
        status, body = await asyncio.wait_for(_exchange(order["port"], *order["people"][person]), PATIENCE)
    except (OSError, EOFError, ValueError, TimeoutError):
        status, body = 0, b""
    return person, begun, time.time(), status, body.count(order["text"].encode())


async def _exchange(port: int, path: str, session: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Cookie: sessionid={session}", "Connection: close"]
        writer.write("\r\n".join([*head, "", ""]).encode())
        answer = await reader.read()
    finally:
        writer.close()
    status, _, rest = answer.partition(b"\r\n")
    return int(status.split()[1]), rest


async def _on_end(order: dict[str, Any], got: list[tuple[Any, ...]]) -> None:
    """Keep `at_a_time` requests running, taking turns between the people."""
    ends = time.monotonic() + order["seconds"]
    turns = iter(range(sys.maxsize))

    async def one() -> None:
        while time.monotonic() < ends:
            got.append(await _look(order, next(turns) % len(order["people"])))

    await asyncio.gather(*(one() for _ in range(order["at_a_time"])))


async def _now_and_then(order: dict[str, Any], got: list[tuple[Any, ...]]) -> None:
    """Request the page of each person every `every` seconds, the first requests spread evenly."""
    people, every = len(order["people"]), order["every"]
    start = time.monotonic()

    async def one(person: int, at: float) -> None:
        await asyncio.sleep(max(0.0, start + at - time.monotonic()))
        got.append(await _look(order, person))

    looks = int(order["seconds"] * people / every)
    await asyncio.gather(*(one(number % people, number * every / people) for number in range(looks)))


def main() -> None:
    """Read the order, request the pages, write the responses."""
    order = json.load(sys.stdin)
    got: list[tuple[Any, ...]] = []
    asyncio.run(_now_and_then(order, got) if "every" in order else _on_end(order, got))
    json.dump(got, sys.stdout)


if __name__ == "__main__":
    main()
