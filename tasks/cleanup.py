"""The weekly cleanup, on the queue of the mail worker: it never delays a release."""

from typing import Any

from celery import shared_task

from cases.core.clock import portal_now
from cases.maintenance import cleanup


@shared_task
def clean_up(**newer: Any) -> int:
    """Delete once a week what has served its purpose. Beat runs it every hour. Return how many rows and files."""
    return sum(cleanup.clean_up_weekly(portal_now()).values())
