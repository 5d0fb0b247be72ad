"""Send the emails that wait in the outbox."""

from typing import Any

from celery import shared_task

from cases.delivery import celery_publisher, outbox
from tasks.database import RETRIED_WHEN_LOST

# Shorter than a worker's soft shutdown, so that a rolling restart never interrupts a message.
RUN_SECONDS = 5


@shared_task(**RETRIED_WHEN_LOST)
def send_release_emails(**newer: Any) -> int:
    """Send waiting emails for a few seconds.

    Return how many messages were sent. Request another run once if more emails wait than one claim holds: a free
    process joins in, or continues later.
    """
    return outbox.deliver(seconds=RUN_SECONDS, when_more=celery_publisher.publish_mail_waiting).sent
