"""Emails about an account. Each link is made right before its email is sent, and leads to PORTAL_URL."""

from collections.abc import Sequence

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop

from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.delivery.letter import Button, Letter, Paragraph, Part, compose, reading_as
from cases.delivery.portal_links import portal_url
from cases.models import User

DEACTIVATED = _noop("The account is deactivated.")
NOT_WANTED = _noop("The person turned off these emails.")
HAS_PASSWORD = _noop("The person already set a password.")


def password_reset(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render the email with a link to choose a new password. A deactivated account gets none."""
    person = context.people[batch.recipient_id]
    if not person.is_active:
        return RenderedEmail.dropped(batch, DEACTIVATED)
    with reading_as(person, language=language_of(batch)):
        username = _("Your username is %(login)s.") % {"login": person.username}
        careful = _("If you didn't request this, you can ignore this email. Your password won't change.")
        parts: list[Part] = [
            Paragraph(_("You (or someone else) requested a new password for your account in the Advisor Portal.")),
            Button(_("Set a new password"), password_link(person)),
            Paragraph(f"{username} {careful}"),
        ]
        why = _("We send this link when a new password is requested for your account.")
        return account_letter(_("Reset your password"), parts, why, batch, person)


def invitation(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render the email with a link to choose the first password. A person who has one gets none."""
    person = context.people[batch.recipient_id]
    if not person.is_active:
        return RenderedEmail.dropped(batch, DEACTIVATED)
    if person.has_usable_password():
        return RenderedEmail.dropped(batch, HAS_PASSWORD)
    with reading_as(person, language=language_of(batch)):
        sign_in = _("Then you can sign in with this email address or the username %(login)s.")
        expires = _(
            "This link expires in three days and can be used once. If it has expired, request a new one under "
            "“Forgot your password?”."
        )
        parts: list[Part] = [
            Paragraph(_("An account was created for you in the Advisor Portal.")),
            Button(_("Set your password"), password_link(person)),
            Paragraph(sign_in % {"login": person.username} + f" {expires}"),
        ]
        why = _("You're getting this email because an administrator created an account with this address.")
        return account_letter(_("Set up your account"), parts, why, batch, person)


def address_changed(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render the notice to the former address. It names no one, because that address may have been a stranger's."""
    with reading_as(context.people[batch.recipient_id], language=language_of(batch)):
        what = _(
            "This email address no longer belongs to an account in the Advisor Portal. An administrator replaced it "
            "with another address. You can't sign in with this address anymore."
        )
        parts: list[Part] = [Paragraph(what), Paragraph(_("If you didn't expect this, contact an administrator."))]
        why = _("You're getting this email because this address belonged to an account in the Advisor Portal.")
        return account_letter(_("Your email address was changed"), parts, why, batch, None)


def language_of(batch: EmailBatch) -> str:
    """Return the language in which `batch` was requested, for a person who has not chosen one."""
    return str((batch.payload or {}).get("language", ""))


def account_letter(
    subject: str, parts: Sequence[Part], why: str, batch: EmailBatch, recipient: User | None
) -> RenderedEmail:
    """Compose an email about an account to the address of `batch`."""
    letter = Letter(subject=settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject, parts=parts, why=why)
    return RenderedEmail(compose(letter, recipient=recipient, address=batch.address, message_id=batch.message_id))


def password_link(person: User) -> str:
    """Return the link to choose a password. It works once, within PASSWORD_RESET_TIMEOUT, for this address."""
    key = [user_pk_to_url_str(person), default_token_generator.make_token(person)]
    return portal_url("account_reset_password_from_key", *key)
