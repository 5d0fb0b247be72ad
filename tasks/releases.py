"""What wakes a release: the ETA task of each case, and the sweep. Both only call the verb that releases what is due."""

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
# A wake-up that is early by no more than this waits for the instant. An earlier one is published again.
SHORT_WAIT = 0.5


@shared_task(**RETRIED_WHEN_LOST)
def release_case(case_id: int, revision: int | None = None, **newer: Any) -> int:
    """Release what is due, at the instant of a case's schedule revision (docs/rules.md, 5). Return how many.

    `newer` accepts arguments of later versions, so that old and new code can share a queue.
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
    """Release what is due, arm what is near and announce waiting email. Beat runs it every SWEEP_INTERVAL.

    `asked_at` is the portal's moment at which beat sent it, in ISO 8601. Return how many were released.
    """
    return len(run_sweep(by="sweep", source=Source.SWEEP, asked_at=asked_at).released)


def _seconds_left(case_id: int, revision: int | None) -> float:
    """Return the time until the case's instant if it still waits for that revision, otherwise 0."""
    case = Case.objects.filter(pk=case_id, actual_release_date__isnull=True).first()
    instant = case.release_instant if case and case.schedule_revision == revision else None
    return (instant - portal_now()).total_seconds() if instant else 0
