"""An LMTP server that accepts bounces from a mail server. It rejects every address that the portal didn't sign."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope
from django.db import Error, close_old_connections, connections

from cases.core.safe_errors import describe
from cases.delivery.bounces import is_ours, receive_message
from cases.delivery.envelope import SignedRow

logger = structlog.get_logger(__name__)
T = TypeVar("T")

MAX_MESSAGE_BYTES = 10_000_000
# A client that is silent for this many seconds is disconnected.
PATIENCE = 60
NOT_OURS = "550 5.1.1 No such address"
ONE_AT_A_TIME = "452 4.5.3 One recipient at a time"
TRY_LATER = "451 4.3.0 Try again later"
TAKEN = "250 2.0.0 OK"


class _Handler:
    """Answers a client's commands. One thread queries the database, over one connection."""

    def __init__(self, by: str) -> None:
        self._by = by
        self._thread = ThreadPoolExecutor(1)

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        # LMTP answers once for each recipient, aiosmtpd once for a message.
        if envelope.rcpt_tos:
            return ONE_AT_A_TIME
        signed = SignedRow.read(address)
        if signed is None or not await self._ask(lambda: is_ours(signed)):
            return NOT_OURS
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        content = bytes(envelope.content or b"")
        received = await self._ask(lambda: receive_message(content, envelope.rcpt_tos, by=self._by))
        logger.info("bounce received", what=received.value)
        return TAKEN

    async def handle_exception(self, error: Exception) -> str:
        """Tell the client to try again if the database is unavailable or anything else is wrong here."""
        logger.warning("bounce not taken", error=describe(error))
        return TRY_LATER

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()

    async def _ask(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, _with_good_connection, work)


def _with_good_connection(work: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return work()
    except Error:
        close_old_connections()
        raise


async def serve(host: str, port: int, *, by: str, stop: asyncio.Event, on_start: Callable[[int], object]) -> None:
    """Accept bounces at `host` and `port` until `stop` is set. Calls `on_start` with the port."""
    # aiosmtpd would log every address.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    handler = _Handler(by)
    loop = asyncio.get_running_loop()

    def client() -> LMTP:
        return LMTP(handler, data_size_limit=MAX_MESSAGE_BYTES, timeout=PATIENCE, loop=loop)

    server = await loop.create_server(client, host, port)
    async with server:
        on_start(server.sockets[0].getsockname()[1])
        await stop.wait()
    await handler.close()
