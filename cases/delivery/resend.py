"""Send emails again that the outbox has given up, when an administrator asks for it."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from cases.core.clock import portal_now
from cases.core.errors import WrongState
from cases.db.bulk import ids_as_rows
from cases.delivery import celery_publisher
from cases.delivery.email_kinds import kinds_that_keep_their_address
from cases.lifecycle import account_history
from cases.lifecycle.history import EventRecorder, facts_in
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


def _resent_with(email: OutgoingEmail, *, by: User) -> int:
    """Return how many emails `by` resent together with `email`, or 0 if something has happened to it since."""
    if email.state == State.DROPPED:
        return 0
    if email.case_id:
        last = CaseEvent.objects.filter(case=email.case_id).first()
        return _resends(email.recipient, by=by)[last.at] if last else 0
    resent = _account_resends(email.recipient, by=by)
    same = next((event.at for event in resent if facts_in(event).get("kind") == email.kind), None)
    return _resends(email.recipient, by=by)[same] if same else 0


def _resent_last(person: User, *, by: User) -> int:
    """Return how many emails to `person` `by` resent last, or 0 if something has happened to them since."""
    resends = _resends(person, by=by)
    return resends[max(resends)] if resends else 0


def _resends(person: User, *, by: User) -> Counter[dt.datetime]:
    """Return how many emails to `person` `by` resent at each moment, as far as nothing else has happened since.

    The histories say it. What else waits for the person doesn't matter, nor does an email's own date, which moves if
    it has to wait (cases.delivery.mail_hours).
    """
    emails = OutgoingEmail.objects.filter(recipient=person, case__isnull=False)
    left = emails.filter(state=State.SENT).order_by("-sent")[:MAX_ROWS].values_list("case", flat=True)
    waiting = emails.filter(OPEN).values_list("case", flat=True)
    events = CaseEvent.objects.filter(case__in=ids_as_rows(sorted({*left, *waiting})))
    last = events.order_by().values("case").annotate(last=Max("pk")).values("last")
    resent = CaseEvent.objects.filter(pk__in=last, kind=CaseEvent.Kind.MAIL_RESENT, actor=by)
    return Counter(event.at for event in [*resent, *_account_resends(person, by=by)])


def _account_resends(person: User, *, by: User) -> list[AccountEvent]:
    """Return the last events of the account if `by` resent emails about it with them, and nothing else has happened."""
    last = person.account_events.first()
    if last is None or (last.kind, last.actor_id) != (AccountEvent.Kind.MAIL_RESENT, by.pk):
        return []
    return list(person.account_events.filter(kind=last.kind, actor=by, at=last.at))


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
