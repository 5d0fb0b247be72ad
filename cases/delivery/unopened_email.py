"""The one friendly reminder to a member who has not opened what was released."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import ngettext

from cases.core.text import isolated
from cases.delivery import unsubscribe
from cases.delivery.account_email import NOT_WANTED
from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.delivery.email_message import one_line
from cases.delivery.letter import (
    MAX_LISTED,
    Button,
    Entries,
    Entry,
    Letter,
    Paragraph,
    Part,
    compose,
    reading_as,
)
from cases.delivery.portal_links import case_url, portal_url
from cases.lifecycle.notification_choices import is_emailed
from cases.models import Case, Notification, User

OPENED = _noop("The member has opened the case, or can no longer see it.")


def unopened(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render one message about the cases in `batch` that their member may see and has not opened."""
    person = context.people[batch.recipient_id]
    waiting, dropped_rows = batch.still_released(context, only=lambda case: case.first_viewed_at is None)
    if not waiting:
        return RenderedEmail(None, dropped_rows, OPENED)
    if not is_emailed(Notification.Kind.UNOPENED, person):
        return RenderedEmail.dropped(batch, NOT_WANTED)
    with reading_as(person):
        letter = unopened_letter(waiting, person)
        message = compose(letter, recipient=person, address=batch.address, message_id=batch.message_id)
    return RenderedEmail(message, dropped_rows, OPENED)


def unopened_letter(cases: Sequence[Case], person: User) -> Letter:
    """Return the letter to `person` about `cases`. It names the first MAX_LISTED of them."""
    count = len(cases)
    words = ngettext(
        "Your case is ready, and you haven't opened it yet.",
        "%(n)s of your cases are ready, and you haven't opened them yet.",
        count,
    )
    parts: list[Part] = [Paragraph(words % {"n": count}), Entries([_entry(case) for case in cases[:MAX_LISTED]])]
    if count > MAX_LISTED:
        more = ngettext("And %(n)s more case.", "And %(n)s more cases.", count - MAX_LISTED)
        parts.append(Paragraph(more % {"n": count - MAX_LISTED}))
    if count == 1:
        parts.append(Button(_("View your case"), case_url(cases[0])))
    else:
        parts.append(Button(_("View your cases"), portal_url("dashboard")))
    why = _("You're getting this email because you haven't opened a case that is ready. We send it only once.")
    stop = unsubscribe.link(person, [Notification.Kind.UNOPENED])
    return Letter(subject=_subject(cases), parts=parts, why=why, unsubscribe=stop)


def _subject(cases: Sequence[Case]) -> str:
    if len(cases) == 1:
        return _("Your case %(case)s is waiting for you") % {"case": one_line(cases[0].external_case_id)}
    return _("%(n)s of your cases are waiting for you") % {"n": len(cases)}


def _entry(case: Case) -> Entry:
    return Entry(name=one_line(case.external_case_id), link=case_url(case), about=isolated(case.title))
