"""Mail of each peer: fill its queue, start it, and ask the server until everything has arrived."""

import smtplib
import time
from typing import Any
from urllib.parse import urlsplit

from tests.bench.peers.peer import in_time
from tests.bench.peers.running import Servers, servers
from tests.bench.peers.sending import SENDERS, Sender

SMALL = 200
SETTLED = 0.5  # seconds to wait for a duplicate


def mail_rows(small: bool, sink_url: str) -> list[dict[str, Any]]:
    """Return a row for each peer. All send to the sink at `sink_url`."""
    with servers() as here:
        return [
            in_time(lambda peer: row_of(peer, SMALL if small else peer.sizes[0], here, sink_url), sender)
            for sender in SENDERS
        ]


def row_of(peer: Sender, mails: int, here: Servers, sink_url: str) -> dict[str, Any]:
    """Let the peer send `mails` mails. RuntimeError, with logs, unless exactly that many arrive."""
    port = urlsplit(sink_url).port
    variables = peer.variables | {"PEER_SMTP_PORT": str(port)}
    with (
        here.stage(peer.environment, peer.package, variables) as (stage, _),
        smtplib.SMTP("127.0.0.1", port or 0) as client,
    ):
        before = _taken(client)
        figures = peer.work(stage, mails, lambda: _taken(client) - before)
        time.sleep(SETTLED)
        if _taken(client) - before != mails:
            raise ValueError(f"{_taken(client) - before} mails came instead of {mails}.")
    row = {"name": peer.name, "version": peer.version, "mails": mails, **figures}
    return row | {"keeps_promises": peer.keeps_promises, "note": peer.note}


def _taken(client: smtplib.SMTP) -> int:
    return int(client.help().split()[0])
