"""Process bulk operations."""

from typing import Any

from celery import shared_task

from cases.releases import bulk
from tasks.database import RETRIED_WHEN_LOST

# Shorter than a worker's soft shutdown. In between, mail and other runs have their turn.
RUN_SECONDS = 5


@shared_task(**RETRIED_WHEN_LOST)
def work_off_runs(**newer: Any) -> int:
    """Process waiting runs for a few seconds. Return how many rows were processed. Another task does the rest."""
    return bulk.work_off(seconds=RUN_SECONDS)
