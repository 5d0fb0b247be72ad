"""Schedule single releases, each with its own instant and wake-up, and watch them from outside."""

import datetime as dt
import time
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from cases.models import Case

LEAD = 3.0  # seconds from the last scheduling to the first instant
PER_CASE = 0.03  # seconds that scheduling one case may take
NEAR = 1.0  # look for cases whose instant is at most this far away
PAUSE = 0.002

SEEN = "SELECT id FROM cases_case WHERE id = ANY(%s) AND actual_release_date IS NOT NULL"


def schedule_apart(cases: int, *, apart: float) -> dict[int, float]:
    """Complete `cases` cases through the verb, one for each member, with instants `apart` seconds apart.

    Their wake-ups are published as each is scheduled. Return the instants, in seconds since the epoch, by the keys of
    the cases. ValueError if the machine was too busy to schedule all in time.
    """
    from django.utils import timezone

    from cases import releases
    from cases.core.schedule import Schedule

    waiting = _accepted(cases)
    first = time.time() + LEAD + PER_CASE * cases
    instants = {}
    for number, case in enumerate(waiting):
        instants[case.pk] = first + number * apart
        moment = timezone.localtime(dt.datetime.fromtimestamp(instants[case.pk], dt.UTC))
        release_on = Schedule(moment.date(), moment.time())
        releases.complete(case=case, by=case.assigned_to, source="web", release_on=release_on)
    if time.time() > first:
        raise ValueError("Scheduling took longer than the lead.")
    return instants


def _accepted(cases: int) -> "list[Case]":
    from cases.models import User
    from tests.factories import CaseFactory, UserFactory

    technician = UserFactory(role=User.Role.TECHNICIAN)
    return [CaseFactory(assigned_to=technician) for _ in range(cases)]


def watch_each(outside: psycopg.Connection, instants: dict[int, float]) -> list[float]:
    """Return the seconds from each instant until `outside`, a separate connection, saw the case released.

    ValueError if one was early, or not released within 30 seconds after the last instant.
    """
    late: list[float] = []
    waiting = dict(instants)
    ends = max(instants.values()) + 30
    while waiting and time.time() < ends:
        near = [pk for pk, instant in waiting.items() if instant - time.time() < NEAR]
        seen = outside.execute(SEEN, [near]).fetchall() if near else []
        late += [time.time() - waiting.pop(pk) for (pk,) in seen]
        time.sleep(PAUSE)
    if waiting or min(late) < 0:
        raise ValueError(f"{len(waiting)} were not released, or one early: {min(late, default=0):.3f} s.")
    return late
