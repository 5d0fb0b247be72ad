"""Devices in their own processes, controlled by the harness through lines of JSON."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.services import free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[3]
Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class SteeredProcess(AbstractContextManager["SteeredProcess"]):
    """A device in its own process, which ends with this process, however this one ends.

    `module` runs with the port of its control channel and `arguments`.
    """

    module = ""

    def __init__(self, *arguments: object) -> None:
        self._control = free_port()
        self._arguments = [str(argument) for argument in arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the device and wait until it accepts commands."""
        command = [sys.executable, "-m", self.module, str(self._control), *self._arguments]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True)
        wait_for_port(self._control)

    def stop(self) -> None:
        """Stop the device if it is running."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and return its answer. RuntimeError with its message if it refuses."""
        with socket.create_connection(("127.0.0.1", self._control), timeout=20) as channel:
            channel.sendall(json.dumps(command).encode() + b"\n")
            answer: dict[str, Any] = json.loads(channel.makefile().readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


async def until_the_harness_ends(port: int, answer: Answer) -> None:
    """Answer commands on `port` until SIGTERM, or until the harness is gone. Runs in the device."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    # The harness holds the other end of this pipe and never writes. If it becomes readable, the harness is gone.
    loop.add_reader(sys.stdin.fileno(), ended.set)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            said = await answer(json.loads(await reader.readline()))
        except (TypeError, ValueError, LookupError) as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        writer.write(json.dumps(said).encode() + b"\n")
        writer.close()

    async with await asyncio.start_server(converse, "127.0.0.1", port):
        await ended.wait()
