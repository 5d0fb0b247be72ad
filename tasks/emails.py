"""Sending of the e-mails that releases have left in the outbox."""

from typing import Any

from celery import shared_task

from cases import messages, outbox

# Shorter than the soft shutdown of a worker, so that a rolling restart never cuts a message in two.
RUN_SECONDS = 5


@shared_task
def send_release_emails(**newer: Any) -> int:
    """Sends what is waiting for some seconds, and asks for another run if there is more. Returns messages sent."""
    tally = outbox.deliver(seconds=RUN_SECONDS)
    if tally.more:
        messages.publish_mail_waiting()
    return tally.sent
