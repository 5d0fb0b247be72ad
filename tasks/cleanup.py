"""The weekly clean-up, on the queue of the mail worker: it never holds up a release."""

from typing import Any

from celery import shared_task

from cases.core.clock import portal_now
from cases.maintenance import cleanup


@shared_task
def clean_up(**newer: Any) -> int:
    """What beat runs every week. Returns how many rows and files were deleted."""
    return sum(cleanup.clean_up(portal_now()).values())
