"""The e-mail that tells a member what has been released, in the member's words."""

import re
import uuid
from collections.abc import Sequence
from email.policy import Compat32
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core import languages
from cases.core.email_addresses import for_mail_server
from cases.core.text import NOT_IN_A_LINE, isolated
from cases.models import Case, User

LISTED = 50
LONGEST_LINE = 78
# SQLite stores NUL too.
CONTROL = re.compile(rf"\x00|{NOT_IN_A_LINE}")


class ShortHeadersAsTheyAre(Compat32):
    """Python's usual policy. It takes every header apart to fold it; what fits in a line needs none of that."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """`name` and `value` as a line, or several."""
        line = f"{name}: {value}"
        if isinstance(value, str) and len(line) <= LONGEST_LINE and line.isascii() and line.isprintable():
            return f"{line}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


POLICY = ShortHeadersAsTheyAre()


class Message(EmailMultiAlternatives):
    """Django's message of a text and its HTML, put on paper in half the time, with domains by IDNA 2008."""

    def recipients(self) -> list[str]:
        """Whom it goes to. UnusableAddress where no server can be told."""
        self.to = [for_mail_server(address) for address in self.to]
        return super().recipients()

    def message(self, **options: Any) -> Any:
        """As it goes to the server. BadHeaderError if something in it would add a header; UnusableAddress."""
        self.to = [for_mail_server(address) for address in self.to]
        self.from_email = for_mail_server(self.from_email)
        message = super().message(**options)
        # Python would look for a boundary that does not occur in the parts; 128 random bits do not.
        message.set_boundary(f"=_{uuid.uuid4().hex}")
        for part in message.walk():
            part.policy = POLICY
        return message


def automatic_message(*, subject: str, text: str, address: str, message_id: str) -> Message:
    """A message of the portal's own accord to `address`. Its subject is one line."""
    return Message(
        subject=_one_line(subject),
        body=text,
        to=[address],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
    )


def released_message(*, recipient: User, address: str, cases: Sequence[Case], message_id: str) -> Message:
    """The message to `address` about `cases`, which `recipient` may see, in their language. It lists the first 50."""
    with translation.override(languages.language_of(recipient)):
        return _released_message(recipient, address, cases, message_id)


def _released_message(recipient: User, address: str, cases: Sequence[Case], message_id: str) -> Message:
    listed = [_line(case) for case in cases[:LISTED]]
    context = {
        "name": isolated(recipient.display_name),
        "only": listed[0] if len(cases) == 1 else None,
        "listed": listed,
        "count": len(cases),
        "more": len(cases) - len(listed),
        "portal_url": settings.PORTAL_URL + reverse("dashboard"),
    }
    text = render_to_string("cases/mail/released.txt", context)
    message = automatic_message(subject=_subject(cases), text=text, address=address, message_id=message_id)
    message.attach_alternative(render_to_string("cases/mail/released.html", context), "text/html")
    return message


def _one_line(text: str) -> str:
    """`text` without control characters: in a header they would be another header, which no server may be sent."""
    return CONTROL.sub("", text).strip()


def _subject(cases: Sequence[Case]) -> str:
    if len(cases) == 1:
        return _("Your case %(case)s is ready") % {"case": _one_line(cases[0].external_case_id)}
    text = ngettext("%(n)s of your cases is ready", "%(n)s of your cases are ready", len(cases))
    return text % {"n": len(cases)}


def _line(case: Case) -> dict[str, str]:
    return {
        "number": _one_line(case.external_case_id),
        "title": isolated(case.title),
        "link": settings.PORTAL_URL + reverse("case_detail", args=[case.pk]),
    }
