"""The email that keeps the head of the history's chain of seals outside the database."""

from django.utils.translation import gettext_noop as _noop

from cases.delivery.account_email import account_message
from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
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
    command = f"manage.py verify_history --head {seal.head}"
    return RenderedEmail(account_message("cases/mail/history_head", person, batch, seal=seal, command=command))
