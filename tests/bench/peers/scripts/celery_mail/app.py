"""Celery with one task a mail, acknowledged late, so that a worker's death does not lose it."""

import os

from celery import Celery

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


@app.task
def send_mail(number: int) -> None:
    """Makes one message and sends it."""
    from django.core.mail import EmailMultiAlternatives
    from tiny.message import parts_of

    recipient, subject, text, html = parts_of(number)
    message = EmailMultiAlternatives(subject, text, to=[recipient], headers={"Auto-Submitted": "auto-generated"})
    message.attach_alternative(html, "text/html")
    message.send()
