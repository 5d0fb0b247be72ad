"""Wake-ups that release what is due."""

import socket
import time
from contextlib import ExitStack
from typing import Any

from celery import shared_task

from cases import arming, messages, outbox, releases
from cases.clock import portal_now
from cases.models import Case, Heartbeat, ReleaseEvent

Source = ReleaseEvent.Source
# A wake-up that is early by no more than this waits for the instant; one that is earlier is published anew.
SHORT_WAIT = 0.5


@shared_task
def release_case(case_id: int, revision: int | None = None, **newer: Any) -> int:
    """The ETA task of a case's schedule revision: a wake-up that releases whatever is due (DESIGN rule 5).

    `newer` takes what later versions add, so that old and new code share a queue. Returns how many were released.
    """
    wait = _seconds_left(case_id, revision)
    if 0 < wait <= SHORT_WAIT:
        time.sleep(wait)
    released = releases.release_due(by=f"release_case {case_id}", source=Source.ETA).released
    if wait > SHORT_WAIT and revision is not None:
        arming.arm_again(case_id=case_id, revision=revision)
    return len(released)


@shared_task
def sweep(asked_at: str | None = None, **newer: Any) -> int:
    """What beat runs every SWEEP_INTERVAL: releases what was missed, arms what is near, hands over waiting e-mails.

    `asked_at`, in ISO 8601, is the portal's moment at which beat sent it. Returns how many were released.
    """
    begun = portal_now()
    # One that began later has done its work: of those that have piled up while no worker ran, the first is run.
    if asked_at and Heartbeat.objects.filter(name="sweep", at__gt=asked_at).exists():
        return 0
    # Each has its turn, whatever becomes of the others; the first error is raised when all have had theirs.
    with ExitStack() as at_the_end:
        at_the_end.callback(_hand_over_emails)
        at_the_end.callback(lambda: arming.arm_upcoming(portal_now()))
        released = len(releases.release_due(by="sweep", source=Source.SWEEP).released)
    Heartbeat.objects.update_or_create(
        name="sweep", defaults={"at": begun, "host": socket.gethostname(), "released": released}
    )
    return released


def _hand_over_emails() -> None:
    if outbox.is_waiting():
        messages.publish_mail_waiting()


def _seconds_left(case_id: int, revision: int | None) -> float:
    """How long until the instant of the case, if it still waits for that revision; else 0."""
    case = Case.objects.filter(pk=case_id, actual_release_date__isnull=True).first()
    instant = case.release_instant if case and case.schedule_revision == revision else None
    return (instant - portal_now()).total_seconds() if instant else 0
