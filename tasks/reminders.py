"""Queue reminders, and tell of absences that begin, on the queue of the mail worker: it never delays a release."""

from typing import Any

from celery import shared_task

from cases.accounts import absences
from cases.core.independent_steps import run_all
from cases.releases.reminders import queue_reminders as queue_before_releases
from cases.releases.unopened_reminders import queue_unopened_reminders
from tasks.database import RETRIED_WHEN_LOST


@shared_task(**RETRIED_WHEN_LOST)
def queue_reminders(**newer: Any) -> int:
    """Queue the reminders that are due. Beat runs it every minute. Return how many emails were queued.

    Also tell others of absences that begin today. Each of the three runs even if another fails.
    """
    queued: list[int] = []
    run_all(
        [
            lambda: queued.append(queue_before_releases()),
            lambda: queued.append(queue_unopened_reminders()),
            absences.tell_of_begun,
        ]
    )
    return sum(queued)
