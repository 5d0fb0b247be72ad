"""The email that tells a member what was released, in the member's language."""

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import ngettext

from cases.core.text import isolated
from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.delivery.email_message import Message, one_line
from cases.delivery.letter import (
    MAX_LISTED,
    Button,
    Entries,
    Entry,
    Letter,
    Paragraph,
    Part,
    Quote,
    compose,
    reading_as,
)
from cases.delivery.portal_links import case_url, portal_url
from cases.models import Case, CaseAnswer, User

# An email about more cases links to their answers and contains none.
MAX_WITH_ANSWERS = 5
GONE = _noop("The member can no longer see this case.")


def released(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render one message about the cases in `batch` that the member may see."""
    cases, dropped_rows = batch.still_released(context)
    if not cases:
        return RenderedEmail(None, dropped_rows, GONE)
    recipient = context.people[batch.recipient_id]
    message = released_message(recipient=recipient, address=batch.address, cases=cases, message_id=batch.message_id)
    return RenderedEmail(message, dropped_rows, GONE)


def released_message(*, recipient: User, address: str, cases: Sequence[Case], message_id: str) -> Message:
    """Render the message to `address` about `cases`, which `recipient` may see, in their language.

    It lists the first MAX_LISTED. With RELEASE_ANSWER_IN_EMAIL it contains the answers of up to MAX_WITH_ANSWERS.
    """
    with reading_as(recipient):
        return compose(_letter(cases), recipient=recipient, address=address, message_id=message_id)


def _letter(cases: Sequence[Case]) -> Letter:
    has_answers = settings.RELEASE_ANSWER_IN_EMAIL and len(cases) <= MAX_WITH_ANSWERS
    return Letter(
        subject=_subject(cases),
        parts=list(_about_one(cases[0], has_answers) if len(cases) == 1 else _about_many(cases, has_answers)),
        why=_("We email you when one of your cases is ready."),
    )


def _subject(cases: Sequence[Case]) -> str:
    if len(cases) == 1:
        return _("Your case %(case)s is ready") % {"case": one_line(cases[0].external_case_id)}
    text = ngettext("%(n)s of your cases is ready", "%(n)s of your cases are ready", len(cases))
    return text % {"n": len(cases)}


def _about_one(case: Case, has_answer: bool) -> Iterator[Part]:
    named = {"number": one_line(case.external_case_id), "title": isolated(case.title)}
    if case.title:
        yield Paragraph(_("Your case “%(title)s” (%(number)s) is ready.") % named)
    else:
        yield Paragraph(_("Your case %(number)s is ready.") % named)
    if answer := _answer(case, has_answer):
        yield Quote(answer, title=_("Your answer:"))
    yield Button(_("View your case"), case_url(case))


def _about_many(cases: Sequence[Case], has_answers: bool) -> Iterator[Part]:
    text = ngettext("%(counter)s of your cases is ready:", "%(counter)s of your cases are ready:", len(cases))
    yield Paragraph(text % {"counter": len(cases)})
    yield Entries([_entry(case, has_answers) for case in cases[:MAX_LISTED]])
    if (more := len(cases) - MAX_LISTED) > 0:
        text = ngettext("… and %(counter)s more on your dashboard.", "… and %(counter)s more on your dashboard.", more)
        yield Paragraph(text % {"counter": more})
    yield Button(_("View all your cases"), portal_url("dashboard"))


def _entry(case: Case, has_answer: bool) -> Entry:
    return Entry(
        name=one_line(case.external_case_id),
        link=case_url(case),
        about=isolated(case.title),
        quote=_answer(case, has_answer),
    )


def _answer(case: Case, has_answer: bool) -> str:
    answer: CaseAnswer | None = getattr(case, "answer", None) if has_answer else None
    return answer.text if answer else ""
