"""The kinds of email: which function renders each, and to which address it is sent.

To add one, add a value to OutgoingEmail.Kind, a function that renders its message, and a line to KINDS.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cases.delivery import (
    account_email,
    history_head_email,
    notification_email,
    recall_email,
    release_email,
    reminder_email,
    security_email,
    unopened_email,
)
from cases.delivery.email_batch import EmailBatch, EmailContext, RenderedEmail
from cases.models import OutgoingEmail

Kind = OutgoingEmail.Kind


@dataclass(frozen=True)
class EmailKind:
    """How one kind is sent. `render` is called right before each attempt, outside any transaction.

    With `keeps_address` it is sent to the address that the row was created with. Otherwise it is sent to the address
    that the recipient has at that moment. If it `is_owed` to a person whose account is deactivated, it is undeliverable
    and can be resent after a reactivation. Otherwise `render` drops it.
    """

    render: Callable[[EmailBatch, EmailContext], RenderedEmail]
    keeps_address: bool = False
    is_owed: bool = False


KINDS: dict[str, EmailKind] = {
    Kind.RELEASED: EmailKind(release_email.released, is_owed=True),
    Kind.RECALLED: EmailKind(recall_email.recalled, is_owed=True),
    Kind.PASSWORD_RESET: EmailKind(account_email.password_reset),
    Kind.INVITATION: EmailKind(account_email.invitation),
    Kind.ADDRESS_CHANGED: EmailKind(account_email.address_changed, keeps_address=True),
    Kind.ACCOUNT_SECURITY: EmailKind(security_email.account_security),
    Kind.NOTIFICATION: EmailKind(notification_email.notifications),
    Kind.DIGEST: EmailKind(notification_email.notifications),
    Kind.HISTORY_HEAD: EmailKind(history_head_email.history_head),
    Kind.REMINDER: EmailKind(reminder_email.reminder),
    Kind.UNOPENED: EmailKind(unopened_email.unopened),
}


def kinds_that_keep_their_address() -> set[str]:
    """Return the kinds that are sent to the address they were created with."""
    return {name for name, kind in KINDS.items() if kind.keeps_address}
