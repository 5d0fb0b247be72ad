"""Sending of the e-mails that releases have left in the outbox."""

from typing import Any

from celery import shared_task

from cases.delivery import celery_publisher, outbox
from tasks.database import RETRIED_WHEN_LOST

# Shorter than the soft shutdown of a worker, so that a rolling restart never cuts a message in two.
RUN_SECONDS = 5


@shared_task(**RETRIED_WHEN_LOST)
def send_release_emails(**newer: Any) -> int:
    """Sends what is waiting for some seconds. Asks once for another run if there is more than it can claim, so that a
    free process joins in, or one goes on when its time is over. Returns messages sent."""
    return outbox.deliver(seconds=RUN_SECONDS, when_more=celery_publisher.publish_mail_waiting).sent
