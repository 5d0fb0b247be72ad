"""Wave of each peer: its cases fall due at one instant, and are watched from outside until all are visible."""

import time
from typing import Any, LiteralString

import psycopg

from tests.bench.peers.peer import Unfinished, in_time
from tests.bench.peers.releasing import DJANGO_Q, RELEASERS, Releaser
from tests.bench.peers.running import Servers, servers

SMALL = 200
SMALL_LEAVES_OUT = (DJANGO_Q,)
SETTLED = 0.5  # seconds: Wagtail commits the page before the mail row


def wave_rows(small: bool) -> list[dict[str, Any]]:
    """Return a row for each peer and size, measured on one PostgreSQL and one Redis.

    If a peer does not finish its larger size, the note on the row of the smaller one says so. The small run leaves
    out django-q2, whose cluster looks for due tasks every 30 s.
    """
    with servers() as here:
        if small:
            return [row for peer in RELEASERS if peer not in SMALL_LEAVES_OUT for row in rows_of(peer, (SMALL,), here)]
        return [row for peer in RELEASERS for row in rows_of(peer, peer.sizes, here)]


def rows_of(peer: Releaser, sizes: tuple[int, ...], here: Servers) -> list[dict[str, Any]]:
    """Return the rows of one peer. Unfinished if it does not finish the first size."""
    rows: list[dict[str, Any]] = []
    for cases in sizes:
        try:
            rows.append(in_time(lambda timed, cases=cases: row_of(timed, cases, here), peer))
        except Unfinished as unfinished:
            if not rows:
                raise
            rows[-1]["note"] += f" Of {cases:,}: {unfinished}"
    return rows


def row_of(peer: Releaser, cases: int, here: Servers) -> dict[str, Any]:
    """Let the peer release `cases` cases that fall due at one instant. RuntimeError, with logs, if it does not."""
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
