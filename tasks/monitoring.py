"""Counting for operators and staff, on the queue of the mail worker: it never delays a release."""

from typing import Any

from celery import shared_task

from cases.core.clock import portal_now
from cases.monitoring import daily_statistics, sampled_totals


@shared_task
def count_days(**newer: Any) -> int:
    """Count today and the days that are not final. Beat runs it every minute. Return how many days were counted."""
    return daily_statistics.update(portal_now())


@shared_task
def count_cases(**newer: Any) -> bool:
    """Count the cases of each state. Beat runs it every minute. Return False if the last count is fresh."""
    return sampled_totals.refresh()
