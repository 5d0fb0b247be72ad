"""The kinds of e-mail: who writes the message of each, and to which address it goes.

To add one: a value of OutgoingEmail.Kind, a function that writes its message, and a line in KINDS.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _noop

from cases.delivery import account_email, release_email
from cases.delivery.email_batch import Parcel, Sight, Written
from cases.models import OutgoingEmail

Kind = OutgoingEmail.Kind


@dataclass(frozen=True)
class EmailKind:
    """How one kind is sent. `write` is called right before each try, outside of any transaction.

    With `keeps_address` it goes to the address that the row was made with. Otherwise it goes to the one that the
    recipient has when it is sent.
    """

    write: Callable[[Parcel, Sight], Written]
    keeps_address: bool = False


def _released(parcel: Parcel, sight: Sight) -> Written:
    """One message about those cases of `parcel` that the member may see. A case may have become another member's."""
    seen = [sight.cases.get(pk) for pk in parcel.case_ids]
    theirs = [case for case in seen if case and case.member_id == parcel.recipient_id]
    shown = {case.pk for case in theirs}
    left_out = tuple(row for row, case in zip(parcel.row_ids, parcel.case_ids, strict=True) if case not in shown)
    reason = _noop("The member may not see this case any more.")
    if not theirs:
        return Written(None, left_out, reason)
    message = release_email.released_message(
        recipient=sight.people[parcel.recipient_id],
        address=parcel.address,
        cases=theirs,
        message_id=parcel.message_id,
    )
    return Written(message, left_out, reason)


KINDS: dict[str, EmailKind] = {
    Kind.RELEASED: EmailKind(_released),
    Kind.PASSWORD_RESET: EmailKind(account_email.password_reset),
    Kind.INVITATION: EmailKind(account_email.invitation),
    Kind.ADDRESS_CHANGED: EmailKind(account_email.address_changed, keeps_address=True),
}


def kinds_that_keep_their_address() -> set[str]:
    """The kinds that go to the address they were made with."""
    return {name for name, kind in KINDS.items() if kind.keeps_address}
