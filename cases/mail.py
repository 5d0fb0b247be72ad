"""The e-mail that tells a member what has been released, in the member's words."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from cases.models import Case, User

LISTED = 50


class Message(EmailMultiAlternatives):
    """A text and its HTML. The line between them is made up here: to look for one that does not occur in them costs
    Python more than the rest of the message, and 128 random bits do not occur."""

    def message(self, **options: Any) -> Any:
        message = super().message(**options)
        message.set_boundary(f"=_{uuid.uuid4().hex}")
        return message


def released_message(*, recipient: User, address: str, cases: Sequence[Case], message_id: str) -> Message:
    """The message to `address` about `cases`, which `recipient` may see. It lists the first 50."""
    context = {
        "recipient": recipient,
        "links": [(case, settings.PORTAL_URL + reverse("case_detail", args=[case.pk])) for case in cases[:LISTED]],
        "more": len(cases) - LISTED,
        "count": len(cases),
        "portal_url": settings.PORTAL_URL + reverse("dashboard"),
    }
    subject = f"Your case {cases[0]} is ready" if len(cases) == 1 else f"{len(cases)} of your cases are ready"
    message = Message(
        subject=subject,
        body=render_to_string("cases/mail/released.txt", context),
        to=[address],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("cases/mail/released.html", context), "text/html")
    return message
