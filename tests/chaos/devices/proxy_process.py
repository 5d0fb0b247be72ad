"""The process of a TCP proxy that can go silent.

Usage: python -m tests.chaos.devices.proxy_process CONTROL_PORT PORT TARGET_PORT
"""

import asyncio
import sys
from typing import Any

from tests.chaos.devices.steered import until_the_harness_ends

CHUNK = 65536


class SilentProxy:
    """Forwards between its clients and the target. A silenced connection stays open at both ends and passes nothing."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._forwarding: set[asyncio.Task[None]] = set()
        self._silenced: list[asyncio.StreamWriter] = []
        self._new_are_silent = False

    async def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """Handle a command: {"silence": 1, "new": true} or {"forward": 1}. Any other only returns the counts."""
        if "silence" in command:
            self._new_are_silent = bool(command["new"])
            for task in self._forwarding:
                task.cancel()
        if "forward" in command:
            self._new_are_silent = False
        return {"forwarding": len(self._forwarding), "silenced": len(self._silenced) // 2}

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one client, from its connection to its end."""
        if self._new_are_silent:
            self._silenced += [writer, writer]
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        task = asyncio.ensure_future(self._forward((reader, writer), (far_reader, far_writer)))
        self._forwarding.add(task)
        task.add_done_callback(self._forwarding.discard)

    async def _forward(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        writers = [near[1], far[1]]
        ways = [asyncio.ensure_future(_pump(near[0], far[1])), asyncio.ensure_future(_pump(far[0], near[1]))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._silenced += writers  # kept open, so that neither end notices
        else:
            for writer in writers:
                writer.close()
        finally:
            for way in ways:
                way.cancel()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        return


async def serve(control: int, port: int, target: int) -> None:
    """Forward on loopback until the harness ends."""
    proxy = SilentProxy(target)
    async with await asyncio.start_server(proxy.connection, "127.0.0.1", port):
        await until_the_harness_ends(control, proxy.answer)


if __name__ == "__main__":
    asyncio.run(serve(*(int(argument) for argument in sys.argv[1:])))
