"""The email that keeps the head of the history's chain of seals outside the database."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from cases.delivery.account_email import account_letter
from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.delivery.letter import Code, Paragraph, Part, reading_as
from cases.models import HistorySeal

NOT_AN_ADMINISTRATOR = _noop("The person isn't an active administrator.")
NO_SEAL = _noop("The seal doesn't exist.")


def history_head(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render the email with the head. Only an active administrator gets it."""
    person = context.people[batch.recipient_id]
    if not (person.is_active and person.is_administrator):
        return RenderedEmail.dropped(batch, NOT_AN_ADMINISTRATOR)
    number = (batch.payload or {}).get("seal")
    seal = HistorySeal.objects.defer("entries").filter(number=number).first() if number else None
    if not seal:
        return RenderedEmail.dropped(batch, NO_SEAL)
    with reading_as(person):
        parts: list[Part] = [
            Paragraph(
                _("Keep this email. You can use this code later to check whether the portal's history was changed:")
            ),
            Code(seal.head),
            Paragraph(_("To check the history, run this command on the portal's server:")),
            Code(f"manage.py verify_history --head {seal.head}"),
        ]
        subject = _("History proof: seal %(number)s") % {"number": seal.number}
        why = _("All administrators get this email once a day.")
        return account_letter(subject, parts, why, batch, person)
