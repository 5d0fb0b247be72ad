"""The email that tells a member what was released, in the member's language."""

from collections.abc import Sequence

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core import languages
from cases.core.text import isolated
from cases.delivery.message import Message, automatic_message, one_line
from cases.models import Case, CaseAnswer, User

MAX_LISTED = 50
# An email about more cases leads to their answers and contains none.
MAX_WITH_ANSWERS = 5


def released_message(*, recipient: User, address: str, cases: Sequence[Case], message_id: str) -> Message:
    """Render the message to `address` about `cases`, which `recipient` may see, in their language.

    It lists the first MAX_LISTED. With RELEASE_ANSWER_IN_EMAIL it contains the answers of up to MAX_WITH_ANSWERS.
    """
    with translation.override(languages.language_of(recipient)):
        return _released_message(recipient, address, cases, message_id)


def _released_message(recipient: User, address: str, cases: Sequence[Case], message_id: str) -> Message:
    has_answers = settings.RELEASE_ANSWER_IN_EMAIL and len(cases) <= MAX_WITH_ANSWERS
    listed = [_line(case, has_answer=has_answers) for case in cases[:MAX_LISTED]]
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


def _subject(cases: Sequence[Case]) -> str:
    if len(cases) == 1:
        return _("Your case %(case)s is ready") % {"case": one_line(cases[0].external_case_id)}
    text = ngettext("%(n)s of your cases is ready", "%(n)s of your cases are ready", len(cases))
    return text % {"n": len(cases)}


def _line(case: Case, *, has_answer: bool) -> dict[str, str]:
    answer: CaseAnswer | None = getattr(case, "answer", None) if has_answer else None
    return {
        "number": one_line(case.external_case_id),
        "title": isolated(case.title),
        "link": settings.PORTAL_URL + reverse("case_detail", args=[case.pk]),
        "answer": answer.text if answer else "",
    }
