"""The wave of each peer: its cases fall due at one instant, and it is watched from outside until all are visible."""

import time
from typing import Any, LiteralString

import psycopg

from tests.bench.peers.releasing import RELEASERS, Releaser
from tests.bench.peers.running import Servers, servers

SMALL = 200
SETTLED = 0.5  # seconds: Wagtail commits the page before the mail row


def wave_rows(small: bool) -> list[dict[str, Any]]:
    """A row for each peer and size, measured on one PostgreSQL and one Redis that are started here."""
    with servers() as here:
        return [row_of(peer, cases, here) for peer in RELEASERS for cases in ((SMALL,) if small else peer.sizes)]


def row_of(peer: Releaser, cases: int, here: Servers) -> dict[str, Any]:
    """Lets the peer release so many cases that fall due at one instant. RuntimeError, with logs, if it does not."""
    with here.stage(peer.environment, peer.package, peer.variables) as (stage, outside):
        figures = peer.work(stage, cases, lambda: _number(outside, peer.visible))
        time.sleep(SETTLED)
        for question in (peer.history, peer.mails):
            found = _number(outside, question, cases)
            if found != cases:
                raise ValueError(f"{question} says {found} and not {cases}.")
    return {"name": peer.name, "version": peer.version, "cases": cases, **figures, "note": peer.note}


def _number(connection: psycopg.Connection, question: LiteralString, *values: int) -> int:
    found = connection.execute(question, values or None).fetchone()
    return int(found[0]) if found else 0
