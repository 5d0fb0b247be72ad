"""The e-mail that tells a member what has been released, in the member's words."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from cases.models import Case, User

LISTED = 50


def released_message(
    *, recipient: User, address: str, cases: Sequence[Case], message_id: str
) -> EmailMultiAlternatives:
    """The message to `address` about `cases`, which `recipient` may see. It lists the first 50."""
    context = {
        "recipient": recipient,
        "links": [(case, settings.PORTAL_URL + reverse("case_detail", args=[case.pk])) for case in cases[:LISTED]],
        "more": len(cases) - LISTED,
        "count": len(cases),
        "portal_url": settings.PORTAL_URL + reverse("dashboard"),
    }
    subject = f"Your case {cases[0]} is ready" if len(cases) == 1 else f"{len(cases)} of your cases are ready"
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string("cases/mail/released.txt", context),
        to=[address],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("cases/mail/released.html", context), "text/html")
    return message
