"""Technicians who complete cases through the API at a steady pace, whatever is broken."""

import threading
import time
from dataclasses import dataclass, field
from queue import Empty, Queue

import requests

from tests.chaos.load import Load, PlannedCase, wall_clock

THREADS = 3
PATIENCE = 90.0
TIMEOUT = 15.0


@dataclass
class Work:
    """Results of the technicians: seconds of each request, and answers by status, 0 for none."""

    seconds: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    given_up: list[int] = field(default_factory=list)

    def note(self, begun: float, status: int) -> None:
        """Record a request that began at `begun` on the monotonic clock."""
        self.seconds.append(time.monotonic() - begun)
        self.statuses.append(status)


class Technicians:
    """Threads that each take the next case at its planned time, and keep trying."""

    def __init__(self, load: Load, web_url: str) -> None:
        self.work = Work()
        self._load = load
        self._url = web_url
        self._turns: Queue[tuple[float, PlannedCase]] = Queue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]

    def start(self) -> None:
        """Start, and spread the cases over the planned time."""
        begin = time.time() + 0.5
        keys = self._load.to_complete
        apart = (self._load.plan.scheduled_until - begin) / len(keys)
        for number, key in enumerate(keys):
            self._turns.put((begin + number * apart, self._load.cases[key]))
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Wait until all cases are completed or given up."""
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        with requests.Session() as session:
            session.headers.update({"Authorization": f"Token {self._load.token}", "Connection": "close"})
            while True:
                try:
                    turn, case = self._turns.get_nowait()
                except Empty:
                    return
                time.sleep(max(0.0, turn - time.time()))
                self._complete(session, case)

    def _complete(self, session: requests.Session, case: PlannedCase) -> None:
        """Try until the case is completed.

        After an unclear response, check the case first. A case that is not completed long after the last wave is given
        up, because it says nothing about a fault that is over.
        """
        ends = time.monotonic() + min(PATIENCE, self._load.plan.last + PATIENCE - time.time())
        instant = 0.0
        while time.monotonic() < ends:
            if instant and self._is_completed(session, case):
                break
            instant = self._load.plan.instant(self._load.chance, after=time.time() + self._load.plan.scale.ahead)
            if self._request(session, case, instant) == requests.codes.ok:
                break
            time.sleep(0.5)
        else:
            self.work.given_up.append(case.pk)
            return
        case.instant, case.known = instant, time.time()

    def _request(self, session: requests.Session, case: PlannedCase, instant: float) -> int:
        at = wall_clock(instant)
        wanted = {"release_option": "schedule", "release_date": f"{at:%Y-%m-%d}", "release_time": f"{at:%H:%M:%S}"}
        begun = time.monotonic()
        try:
            status = session.post(self._path(case) + "release/", json=wanted, timeout=TIMEOUT).status_code
        except requests.RequestException:
            status = 0
        self.work.note(begun, status)
        return status

    def _is_completed(self, session: requests.Session, case: PlannedCase) -> bool:
        try:
            answer = session.get(self._path(case), timeout=TIMEOUT)
        except requests.RequestException:
            return False
        return answer.status_code == requests.codes.ok and answer.json()["state"] in ("scheduled", "released")

    def _path(self, case: PlannedCase) -> str:
        return f"{self._url}/api/cases/{case.pk}/"
