"""Waiting emails, and three ways to send them."""

import os
import random
import signal
import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.db import connection
from django.utils import timezone

from cases.delivery import celery_publisher, outbox, release_email
from cases.models import Case, OutgoingEmail, User
from tests.bench.machine import ROOT
from tests.bench.servers import Servers
from tests.bench.smtp_sink import SmtpSink

PATIENCE = 300  # seconds
State = OutgoingEmail.State


def make_cases(count: int) -> None:
    """Create `count` members with one released case each."""
    members = User.objects.bulk_create(
        User(username=f"m{n}", email=f"m{n}@example.com", first_name="Mia", last_name=f"Müller {n}")
        for n in range(count)
    )
    now = timezone.now()
    Case.objects.bulk_create(
        Case(member=member, status="completed", title="A question", actual_release_date=now, release_number=1)
        for member in members
    )


def make_waiting() -> None:
    """Make one email wait for each case, and no others."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE cases_outgoingemail CASCADE")
        OutgoingEmail.objects.bulk_create(
            OutgoingEmail(
                case=case,
                kind=OutgoingEmail.Kind.RELEASED,
                release_number=1,
                recipient=case.member,
                address=case.member.email,
                next_try=now,
                created=now,
            )
            for case in Case.objects.select_related("member")
        )
        cursor.execute("VACUUM ANALYZE cases_outgoingemail")


def bare_loop(sink: SmtpSink, count: int) -> None:
    """Build messages like ours and send them over one connection. Record nothing."""
    case = Case.objects.select_related("member")[0]
    like = release_email.released_message(
        recipient=case.member, address=case.member.email, cases=[case], message_id="<a@b>"
    )
    text, html = str(like.body), str(like.alternatives[0][0])
    with smtplib.SMTP("127.0.0.1", sink.port) as client:
        for number in range(count):
            message = EmailMessage()
            message["Subject"] = like.subject
            message["From"] = like.from_email
            message["To"] = f"m{number}@example.com"
            message["Date"] = format_datetime(timezone.now())
            message["Message-ID"] = make_msgid(domain="localhost")
            message["Auto-Submitted"] = "auto-generated"
            message.set_content(text)
            message.add_alternative(html, subtype="html")
            client.send_message(message)


def one_sender() -> None:
    """Send with the outbox, in this process."""
    outbox.deliver()


def mail_worker() -> None:
    """Send with the mail worker, notified once as by a release. Wait until everything is recorded."""
    celery_publisher.publish_mail_waiting()
    ends = time.monotonic() + PATIENCE
    while OutgoingEmail.objects.exclude(state=State.SENT).exists():
        if time.monotonic() > ends:
            raise TimeoutError("The mail worker did not send everything.")
        time.sleep(0.02)


def kill_senders(servers: Servers, sink: SmtpSink, kills: int) -> None:
    """Kill one sender after another in the middle of its work. Let the last one finish."""
    chance = random.Random(3)
    for _ in range(kills):
        before = sink.taken().messages
        sender = subprocess.Popen(
            [sys.executable, "manage.py", "release_scheduled_cases", "--send-emails"],
            cwd=ROOT,
            env=servers.environment,
            stdout=subprocess.DEVNULL,
        )
        while sink.taken().messages <= before:
            if sender.poll() is not None:
                raise RuntimeError("The sender ended before it was killed.")
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.05))
        os.kill(sender.pid, signal.SIGKILL)
        sender.wait()
        # End the lease of what it had claimed.
        OutgoingEmail.objects.filter(state=State.SENDING).update(next_try=timezone.now())
    outbox.deliver()
