"""Counting of all cases, for the totals that staff read."""

from typing import Any

from celery import shared_task

from cases import totals


@shared_task
def count_cases(**newer: Any) -> bool:
    """What beat runs every minute. Whether it counted: not where the last count is fresh."""
    return totals.count_again()
