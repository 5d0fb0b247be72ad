"""Proof of the history, on the queue of the mail worker: it never delays a release."""

from typing import Any

from celery import shared_task

from cases.core.clock import portal_now
from cases.proof import publishing, sealing


@shared_task
def seal_history(**newer: Any) -> int:
    """Seal the new entries, and publish the head once a day. Beat runs it every minute. Return how many were sealed."""
    sealed = sealing.seal_history()
    publishing.publish_head(portal_now())
    return sealed
