"""Emails about an account. Each link is made right before its email is sent, and leads to PORTAL_URL."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_noop as _noop

from cases.core import languages
from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.delivery.message import Message, automatic_message
from cases.models import User

DEACTIVATED = _noop("The account is deactivated.")
HAS_PASSWORD = _noop("The person already set a password.")


def password_reset(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render the email with a link to choose a new password. A deactivated account gets none."""
    person = context.people[batch.recipient_id]
    if not person.is_active:
        return RenderedEmail.dropped(batch, DEACTIVATED)
    return RenderedEmail(account_message("account/email/password_reset_key", person, batch, link=password_link(person)))


def invitation(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render the email with a link to choose the first password. A person who has one gets none."""
    person = context.people[batch.recipient_id]
    if not person.is_active:
        return RenderedEmail.dropped(batch, DEACTIVATED)
    if person.has_usable_password():
        return RenderedEmail.dropped(batch, HAS_PASSWORD)
    return RenderedEmail(account_message("account/email/invitation", person, batch, link=password_link(person)))


def address_changed(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render the notice to the former address. It says nothing else: that address may have been a stranger's."""
    return RenderedEmail(account_message("account/email/address_changed", context.people[batch.recipient_id], batch))


def account_message(template: str, person: User, batch: EmailBatch, **context: Any) -> Message:
    """Render `template` (`_subject.txt` and `_message.txt`) for the address of `batch`.

    It is in the language that `person` has chosen, else in the `language` of the payload.
    """
    language = languages.chosen_by(person) or (batch.payload or {}).get("language") or settings.LANGUAGE_CODE
    context |= {"person": person}
    with translation.override(language):
        return automatic_message(
            subject=settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + render_to_string(f"{template}_subject.txt", context),
            text=render_to_string(f"{template}_message.txt", context).strip() + "\n",
            address=batch.address,
            message_id=batch.message_id,
        )


def password_link(person: User) -> str:
    """Return the link to choose a password. It works once, within PASSWORD_RESET_TIMEOUT, for this address."""
    key = [user_pk_to_url_str(person), default_token_generator.make_token(person)]
    return str(settings.PORTAL_URL + reverse("account_reset_password_from_key", args=key))
