"""What wakes a release: the ETA task of each case, and the sweep. Neither is trusted, both call the same verb."""

import time
from typing import Any

from celery import shared_task

from cases import releases
from cases.core.clock import portal_now
from cases.models import Case, CaseEvent
from cases.releases import wakeups
from cases.releases.sweep import sweep as run_sweep
from tasks.database import RETRIED_WHEN_LOST

Source = CaseEvent.Source
# A wake-up that is early by no more than this waits for the instant; one that is earlier is published anew.
SHORT_WAIT = 0.5


@shared_task(**RETRIED_WHEN_LOST)
def release_case(case_id: int, revision: int | None = None, **newer: Any) -> int:
    """The ETA task of a case's schedule revision: a wake-up that releases whatever is due (DESIGN rule 5).

    `newer` takes what later versions add, so that old and new code share a queue. Returns how many were released.
    """
    wait = _seconds_left(case_id, revision)
    if 0 < wait <= SHORT_WAIT:
        time.sleep(wait)
    released = releases.release_due(by=f"release_case {case_id}", source=Source.ETA).released
    if wait > SHORT_WAIT and revision is not None:
        wakeups.arm_again(case_id=case_id, revision=revision)
    return len(released)


@shared_task(**RETRIED_WHEN_LOST)
def sweep(asked_at: str | None = None, **newer: Any) -> int:
    """What beat runs every SWEEP_INTERVAL. `asked_at` is the portal's moment at which beat sent it, in ISO 8601.

    Returns how many were released.
    """
    return len(run_sweep(by="sweep", source=Source.SWEEP, asked_at=asked_at).released)


def _seconds_left(case_id: int, revision: int | None) -> float:
    """How long until the instant of the case, if it still waits for that revision; else 0."""
    case = Case.objects.filter(pk=case_id, actual_release_date__isnull=True).first()
    instant = case.release_instant if case and case.schedule_revision == revision else None
    return (instant - portal_now()).total_seconds() if instant else 0
