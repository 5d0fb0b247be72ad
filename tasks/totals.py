"""Counting of all cases, for the totals that staff read."""

from typing import Any

from celery import shared_task

from cases.selectors import case_counts


@shared_task
def count_cases(**newer: Any) -> bool:
    """What beat runs every minute. Whether it counted: not where the last count is fresh."""
    return case_counts.refresh()
