"""Send emails again that the outbox has given up, when an administrator asks for it."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cases.core.clock import portal_now
from cases.core.errors import WrongState
from cases.delivery import celery_publisher
from cases.delivery.email_kinds import kinds_that_keep_their_address
from cases.lifecycle import account_history
from cases.lifecycle.history import EventRecorder
from cases.lifecycle.locking import lock_as_administrator
from cases.models import AccountEvent, CaseEvent, OutgoingEmail, User
from cases.models.delivery import GIVEN_UP, OPEN
from cases.models.outgoing_email import ONCE_KINDS

State = OutgoingEmail.State
MAX_ROWS = 100


@transaction.atomic
def resend(*, email: OutgoingEmail, by: User, source: str) -> int:
    """Queue again a message that was given up: `email` and the others of its group. Return how many rows.

    It is sent to the address that the person has then. For a new address it is a new message. NotAllowed except for
    administrators. WrongState if the person cannot get email, or if it was not given up, unless `by` just did this.
    """
    # Locks the person, as a claim does, so that two administrators, or one and a sender, take turns.
    people = lock_as_administrator(by, email.recipient)
    by, person = people[by.pk], people[email.recipient_id]
    email = OutgoingEmail.objects.get(pk=email.pk)
    if email.state not in GIVEN_UP and (resent := _resent_with(email, by=by)):
        return resent
    _check_can_be_sent(email, person)
    given_up = _given_up(person)
    rows = list(given_up.filter(group=email.group) if email.group else given_up.filter(pk=email.pk))
    _queue_again(rows, by=by, source=source)
    return len(rows)


@transaction.atomic
def resend_to(*, person: User, by: User, source: str) -> int:
    """Queue again all email to `person` that was given up, the latest MAX_ROWS. Return how many rows.

    NotAllowed except for administrators. WrongState if the address is missing or bounced, or if there is none, unless
    `by` just did this.
    """
    people = lock_as_administrator(by, person)
    by, person = people[by.pk], people[person.pk]
    if not person.is_active or not person.email or person.email_bounced:
        raise WrongState(_("This address doesn't receive email, or the account is deactivated. Fix this first."))
    rows = waiting_for_address(person)
    if not rows:
        if resent := _resent_last(person, by=by):
            return resent
        raise WrongState(_("There is no email to resend."))
    _queue_again(rows, by=by, source=source)
    return len(rows)


def waiting_for_address(person: User) -> list[OutgoingEmail]:
    """Return what `resend_to` would send: the latest MAX_ROWS emails to whatever address `person` has.

    A link is not sent twice: nothing if one is already on its way, otherwise the newest email.
    """
    on_their_way = OutgoingEmail.objects.filter(OPEN, recipient=person, kind__in=ONCE_KINDS).values("kind")
    rows = _given_up(person).exclude(kind__in=kinds_that_keep_their_address()).exclude(kind__in=on_their_way)
    latest = list(rows.order_by("-pk")[:MAX_ROWS])
    newest = {row.kind: row.pk for row in reversed(latest)}
    return [row for row in latest if row.kind not in ONCE_KINDS or row.pk == newest[row.kind]]


def _resent_last(person: User, *, by: User) -> int:
    """Return how many emails to `person` `by` resent last, or 0 if something has happened to them since."""
    sent = OutgoingEmail.objects.filter(recipient=person, state=State.SENT).order_by("-sent", "-pk").first()
    latest = OutgoingEmail.objects.filter(OPEN, recipient=person).order_by("-due").first() or sent
    return _resent_with(latest, by=by) if latest else 0


def _resent_with(email: OutgoingEmail, *, by: User) -> int:
    """Return how many emails `by` resent together with `email`, or 0 if something has happened to it since."""
    events: QuerySet[CaseEvent] | QuerySet[AccountEvent]
    if email.case_id:
        events, kind = CaseEvent.objects.filter(case=email.case_id), str(CaseEvent.Kind.MAIL_RESENT)
    else:
        events, kind = email.recipient.account_events.all(), str(AccountEvent.Kind.MAIL_RESENT)
    latest = events.first()
    if latest is None or (latest.kind, latest.actor_id, latest.at) != (kind, by.pk, email.due):
        return 0
    is_resent = OPEN | Q(state=State.SENT, sent__gte=email.due)
    together = OutgoingEmail.objects.filter(is_resent, recipient=email.recipient_id, due=email.due)
    keys = set(together.values_list("pk", flat=True))
    return len(keys) if email.pk in keys else 0


def _given_up(person: User) -> QuerySet[OutgoingEmail]:
    found = OutgoingEmail.objects.filter(recipient=person, state__in=GIVEN_UP)
    return found.select_related("case").defer("case__description")


def _queue_again(rows: Sequence[OutgoingEmail], *, by: User, source: str) -> None:
    """Make `rows` wait again.

    An email that came back is a new message from now on, whose bounce counts separately. A link of ONCE_KINDS replaces
    others of its kind that were given up, as a new request for it does.
    """
    now = portal_now()
    for row in rows:
        if row.kind in ONCE_KINDS:
            given_up = OutgoingEmail.objects.filter(recipient=row.recipient_id, kind=row.kind, state__in=GIVEN_UP)
            given_up.exclude(pk=row.pk).update(state=State.DROPPED)
    again = {"state": State.WAITING, "deferrals": 0, "due": now, "next_try": now, "last_error": ""}
    came_back = [row.pk for row in rows if row.has_bounced]
    OutgoingEmail.objects.filter(pk__in=came_back).update(**again, group=None, message_id="", sent=None)
    OutgoingEmail.objects.filter(pk__in={row.pk for row in rows}.difference(came_back)).update(**again)
    for row in rows:
        _record(row, by=by, source=source, at=now)
    transaction.on_commit(celery_publisher.publish_mail_waiting, robust=True)


def _check_can_be_sent(email: OutgoingEmail, person: User) -> None:
    if email.state not in GIVEN_UP:
        raise WrongState(
            _("This email hasn't failed. Its state is “%(state)s”.") % {"state": email.get_state_display()}
        )
    address = email.address if email.kind in kinds_that_keep_their_address() else person.email
    if not person.is_active or not address:
        raise WrongState(_("This person has no email address, or the account is deactivated. Fix this first."))
    same = OutgoingEmail.objects.filter(OPEN, recipient=person, kind=email.kind)
    if email.kind in ONCE_KINDS and same.exists():
        raise WrongState(_("Another email with this link is already waiting to be sent."))


def _record(row: OutgoingEmail, *, by: User, source: str, at: dt.datetime) -> None:
    if row.case:
        EventRecorder(row.case, by=by, source=source, at=at).record(CaseEvent.Kind.MAIL_RESENT, reason=row.last_error)
    else:
        kind = AccountEvent.Kind.MAIL_RESENT
        details = {"kind": row.kind}
        account_history.record(row.recipient, kind, by=by, at=at, reason=row.last_error, details=details)
