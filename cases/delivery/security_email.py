"""The email about changes to the security of an account (cases.lifecycle.security_notices)."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core.reader_timezones import on_readers_clock
from cases.delivery.account_email import DEACTIVATED, account_letter
from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.delivery.letter import Button, Entries, Entry, Link, Paragraph, Part, reading_as
from cases.delivery.portal_links import portal_url
from cases.lifecycle.security_notices import TOLD, Change, changes_told_in
from cases.models import User


def account_security(batch: EmailBatch, context: EmailContext) -> RenderedEmail:
    """Render what was changed, when, and what to do if it was someone else. A deactivated account gets none."""
    person = context.people[batch.recipient_id]
    if not person.is_active:
        return RenderedEmail.dropped(batch, DEACTIVATED)
    changes = changes_told_in(batch.payload or {}, person.pk)
    with reading_as(person):
        intro = ngettext(
            "This change was made to your account in the Advisor Portal:",
            "These changes were made to your account in the Advisor Portal:",
            len(changes),
        )
        entries = [_entry(change, person) for change in changes]
        parts = [Paragraph(intro), Entries(entries), *_what_to_do()]
        why = _("We send this when the security of your account changes. You can't turn off these emails.")
        return account_letter(_subject(entries), parts, why, batch, person)


def _subject(entries: Sequence[Entry]) -> str:
    words = {entry.name for entry in entries}
    return words.pop() if len(words) == 1 else _("Security changes to your account")


def _entry(change: Change, person: User) -> Entry:
    told = TOLD[change.kind]
    when = on_readers_clock(change.latest, "MOMENT_FORMAT")
    if change.times > 1:
        when = _("%(n)s times, last on %(when)s") % {"n": change.times, "when": when}
    means = _(told.means) if told.means else ""
    return Entry(_(told.what), lines=[line for line in (when, means, _by_others(change, person)) if line])


def _by_others(change: Change, person: User) -> str:
    """Say who did it. Empty if it was the person, or a stranger in their place."""
    if change.actor_id is None:
        return _("This was done by the people who run the portal.")
    return "" if change.actor_id == person.pk else _("This was done by an administrator.")


def _what_to_do() -> list[Part]:
    return [
        Paragraph(_("If you did this or asked for it, you can ignore this email.")),
        Paragraph(
            _(
                "If not, someone else may have access to your account. Set a new password: this signs everyone out and "
                "ends all API tokens and calendar feeds. Then contact an administrator."
            )
        ),
        Button(_("Set a new password"), portal_url("account_reset_password")),
        Link(_("Check your security settings"), portal_url("mfa_index")),
    ]
