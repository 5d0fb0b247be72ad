"""Counting for the operations page, on the queue of the mail worker: it never holds up a release."""

from typing import Any

from celery import shared_task

from cases.core.clock import portal_now
from cases.monitoring import daily_statistics


@shared_task
def count_days(**newer: Any) -> int:
    """What beat runs every minute: counts today, and days that are not final. Returns how many."""
    return daily_statistics.update(portal_now())
