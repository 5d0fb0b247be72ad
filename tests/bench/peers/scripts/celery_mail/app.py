"""Celery with one task per mail, acknowledged late, so that it is not lost if a worker dies."""

import os
import sys

from celery import Celery
from celery.signals import worker_ready

app = Celery("celery_mail")
app.conf.update(
    broker_url=os.environ["PEER_REDIS_URL"],
    broker_connection_retry_on_startup=True,
    task_default_queue="mails",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    CELERY_DB_REUSE_MAX=1_000_000,
)


@worker_ready.connect
def say_ready(**kwargs: object) -> None:
    """The worker itself says so only at level INFO, at which it would also write a line for every task."""
    sys.stdout.write("connected and ready\n")


@app.task
def send_mail(number: int) -> None:
    """Create one message and send it."""
    from django.core.mail import EmailMultiAlternatives
    from tiny.message import parts_of

    recipient, subject, text, html = parts_of(number)
    message = EmailMultiAlternatives(subject, text, to=[recipient], headers={"Auto-Submitted": "auto-generated"})
    message.attach_alternative(html, "text/html")
    message.send()
