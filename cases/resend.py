"""What the outbox has given up is sent again because a person says so."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases import messages
from cases.clock import portal_now
from cases.errors import NotAllowed, WrongState
from cases.history import Step
from cases.locking import lock_people
from cases.models import OutgoingEmail, ReleaseEvent, User

State = OutgoingEmail.State
# Nobody tries these any more, unless a person says so.
GIVEN_UP = (State.FAILED, State.UNDELIVERABLE)


@transaction.atomic
def resend(*, email: OutgoingEmail, by: User, source: str) -> int:
    """Has a message that was given up sent again: `email`, and the others of its group. Returns how many rows.

    It goes to the address that the member has now; to another one than before it is another message. NotAllowed but for
    administrators, WrongState where it was not given up, or where the member cannot get mail.
    """
    # The member, as in a claim: two people, or a person and a sender, take turns.
    people = lock_people(by, email.recipient)
    by, member = people[by.pk], people[email.recipient_id]
    if not (by.is_active and by.is_administrator):
        raise NotAllowed(_("Only an administrator has an e-mail sent again."))
    email = OutgoingEmail.objects.get(pk=email.pk)
    if email.state not in GIVEN_UP:
        raise WrongState(_("This e-mail is not given up: it is “%(state)s”.") % {"state": email.get_state_display()})
    if not member.is_active or not member.email:
        raise WrongState(_("The member has no e-mail address, or a deactivated account. Change that first."))
    given_up = OutgoingEmail.objects.filter(recipient=member, state__in=GIVEN_UP)
    given_up = given_up.select_related("case").defer("case__description")
    rows = list(given_up.filter(group=email.group) if email.group else given_up.filter(pk=email.pk))
    message = {} if email.address == member.email else {"group": None, "message_id": "", "address": member.email}
    now = portal_now()
    OutgoingEmail.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.WAITING, attempts=0, next_try=now, last_error="", **message
    )
    for row in rows:
        Step(row.case, by=by, source=source, at=now).record(ReleaseEvent.Kind.MAIL_RESENT, reason=row.last_error)
    transaction.on_commit(messages.publish_mail_waiting, robust=True)
    return len(rows)
