"""Watchers from outside: an observer of the database, and members who keep opening their page."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import requests

from tests.chaos.load import Load
from tests.chaos.servers import Database

POLL = 0.05
LOOK_TIMEOUT = 20.0
CASE_LINK = re.compile(r'href="/cases/(\d+)/["?]')


@dataclass(frozen=True)
class Look:
    """A request for a member's page of ready cases. Times are in seconds since the epoch.

    `status` is 0 if it was refused, reset or not answered in time.
    """

    member: int
    start: float
    end: float
    status: int
    shown: frozenset[int] = frozenset()


@dataclass
class Observer:
    """Records when it first saw each case released. The database may be down at times."""

    database: Database
    load: Load
    seen: dict[int, float] = field(default_factory=dict)
    unanswered: int = 0

    @contextmanager
    def watching(self) -> Iterator["Observer"]:
        """Watch until the end of the block."""
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=[ended], name="observer", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            ended.set()
            thread.join()

    def _watch(self, ended: threading.Event) -> None:
        while not ended.is_set():
            try:
                with self.database.connect() as connection:
                    while not ended.wait(POLL):
                        self._poll(connection)
            except psycopg.Error:
                self.unanswered += 1
                ended.wait(POLL)

    def _poll(self, connection: "psycopg.Connection[tuple[int]]") -> None:
        first, last = min(self.load.cases), max(self.load.cases)
        released = connection.execute(
            "SELECT id FROM cases_case WHERE id BETWEEN %s AND %s AND actual_release_date IS NOT NULL", [first, last]
        ).fetchall()
        now = time.time()
        for (pk,) in released:
            self.seen.setdefault(pk, now)


@dataclass
class Lookers:
    """Signed-in members who open their list of ready cases every `every` seconds."""

    load: Load
    web_url: str
    every: float
    looks: list[Look] = field(default_factory=list)

    @contextmanager
    def looking(self) -> Iterator["Lookers"]:
        """Watch until the end of the block."""
        ended = threading.Event()
        threads = [
            threading.Thread(target=self._look_on, args=[member, session, number, ended], daemon=True)
            for number, (member, session) in enumerate(self.load.sessions.items())
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    def _look_on(self, member: int, session_key: str, number: int, ended: threading.Event) -> None:
        ended.wait(self.every * number / len(self.load.sessions))
        with requests.Session() as session:
            session.cookies.set("sessionid", session_key)
            # gunicorn closes an idle connection after two seconds, perhaps just when the next look begins.
            session.headers["Connection"] = "close"
            while not ended.is_set():
                look = self._look(session, member)
                self.looks.append(look)
                # A member without a response reloads soon.
                ended.wait(max(0.0, look.start + self.every - time.time()) if look.status else 0.3)

    def _look(self, session: requests.Session, member: int) -> Look:
        start = time.time()
        try:
            answer = session.get(f"{self.web_url}/cases/?state=released", timeout=LOOK_TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return Look(member, start, time.time(), 0)
        shown = frozenset(int(pk) for pk in CASE_LINK.findall(answer.text))
        return Look(member, start, time.time(), answer.status_code, shown)
