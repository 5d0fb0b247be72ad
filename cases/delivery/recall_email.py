"""The email that tells a member that a release was recalled, in the member's language.

It names the case by its number and does not mention its title or content. It is sent only if the email of that release
has left.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import ngettext

from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.delivery.email_message import Message, one_line
from cases.delivery.letter import Entries, Entry, Letter, Paragraph, Part, compose, reading_as
from cases.models import OutgoingEmail, User

State = OutgoingEmail.State
NOT_TOLD = _noop("No recall email was needed: the release email wasn't sent, or the case was released again.")


def recalled(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render one message about the recalled releases in `batch` that the member was notified of."""
    person = context.people[batch.recipient_id]
    numbers = {row.pk: row.number for row in _with_release_email(batch) if _is_told(row)}
    dropped_rows = tuple(pk for pk in batch.row_ids if pk not in numbers)
    if not numbers:
        return RenderedEmail(None, dropped_rows, NOT_TOLD)
    message = recalled_message(
        recipient=person, address=batch.address, numbers=sorted(set(numbers.values())), message_id=batch.message_id
    )
    return RenderedEmail(message, dropped_rows, NOT_TOLD)


def recalled_message(*, recipient: User, address: str, numbers: Sequence[str], message_id: str) -> Message:
    """Render the message to `address` that the cases with these numbers are no longer available."""
    with reading_as(recipient):
        letter = _letter([one_line(number) for number in numbers])
        return compose(letter, recipient=recipient, address=address, message_id=message_id)


def _letter(numbers: Sequence[str]) -> Letter:
    subject = ngettext(
        "Your case %(case)s is no longer available", "%(n)s of your cases are no longer available", len(numbers)
    )
    nothing_to_do = _("You don't need to do anything. We'll email you when there is something new to see.")
    return Letter(
        subject=subject % {"case": numbers[0], "n": len(numbers)},
        parts=[*_what_happened(numbers), Paragraph(nothing_to_do)],
        why=_("We email you when a case that we told you about is withdrawn."),
    )


def _what_happened(numbers: Sequence[str]) -> Iterator[Part]:
    if len(numbers) == 1:
        text = _(
            "We told you that your case %(number)s was ready. We had to withdraw it, so you can't open it right now."
        )
        yield Paragraph(text % {"number": numbers[0]})
    else:
        yield Paragraph(
            _("We told you that these cases were ready. We had to withdraw them, so you can't open them right now:")
        )
        yield Entries([Entry(number) for number in numbers])


def _with_release_email(batch: EmailBatch) -> QuerySet[Any, Any]:
    """Return the rows of `batch` with the email of the release that each is about, and the present one of its case."""
    same = OutgoingEmail.objects.filter(
        kind=OutgoingEmail.Kind.RELEASED, case=OuterRef("case"), release_number=OuterRef("release_number")
    )
    return OutgoingEmail.objects.filter(pk__in=batch.row_ids).annotate(
        number=F("case__external_case_id"),
        released_again=F("case__actual_release_date"),
        email_state=Subquery(same.values("state")[:1]),
        was_interrupted=Subquery(same.values("interrupted")[:1]),
    )


def _is_told(row: Any) -> bool:
    """Tell whether the email of the release has left, as far as is known, and the case has not been released again
    since.

    A sender that was sending it at the time of the recall has finished. One that claims it later drops it.
    """
    return not row.released_again and bool(row.email_state == State.SENT or row.was_interrupted)
