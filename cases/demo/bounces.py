"""Demo data of an email that came back: the address of one member no longer exists."""

import datetime as dt
import uuid

from django.utils import timezone

from cases.delivery import bounces
from cases.delivery.bounce_report import BounceReport
from cases.delivery.envelope import SignedRow, local_part
from cases.models import OutgoingEmail, User

State = OutgoingEmail.State
WORDS = "550 5.1.1 The email account that you tried to reach does not exist"


def come_back(member: User) -> None:
    """Have the last email about a release to `member` come back, as if it had been sent an hour ago."""
    waiting = OutgoingEmail.objects.filter(recipient=member, kind=OutgoingEmail.Kind.RELEASED, state=State.WAITING)
    email = waiting.order_by("pk").last()
    if email is None:
        return
    email.state, email.sent = State.SENT, timezone.now() - dt.timedelta(hours=1)
    email.address, email.group = member.email, uuid.uuid4()
    email.message_id = f"<demo-{email.group.hex}@example.com>"
    email.save()
    if signed := SignedRow.read(local_part(email.pk, email.message_id)):
        bounces.record_bounce(signed, BounceReport.of("5.1.1", WORDS), by="receive_bounces")
