"""Putting e-mails about accounts into the outbox. The mail worker writes and sends them."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least
from django.utils import translation

from cases.core.clock import portal_now
from cases.delivery import celery_publisher
from cases.lifecycle.locking import lock_people
from cases.models import OutgoingEmail, PasswordResetRequest, User
from cases.models.outgoing_email import GIVEN_UP, ONCE_KINDS, OPEN

Kind, State = OutgoingEmail.Kind, OutgoingEmail.State
# Requests made into e-mails in one transaction.
BATCH = 500


@transaction.atomic
def queue(*, kind: str, person: User, address: str = "", payload: dict[str, object] | None = None) -> None:
    """Has an e-mail of `kind` sent to `person` after the commit; `person` is locked, or was made in this transaction.

    `address` is only for kinds that keep theirs. A kind of ONCE_KINDS that is still open is not sent twice but tried at
    once, and one that was given up is replaced.
    """
    now = portal_now()
    if not (kind in ONCE_KINDS and _is_open_already(kind, person)):
        moments = {"due": now, "next_try": now, "created": now}
        OutgoingEmail.objects.create(
            kind=kind, recipient=person, address=address or person.email, payload=payload, **moments
        )
    transaction.on_commit(celery_publisher.publish_mail_waiting, robust=True)


def queue_invitation(person: User) -> None:
    """Has a link to choose a first password sent to `person`, who is locked or new, after the commit.

    Who has chosen no language reads it in that of whoever invites.
    """
    queue(kind=Kind.INVITATION, person=person, payload={"language": translation.get_language() or ""})


def queue_address_changed(person: User, *, former: str) -> None:
    """Has the address `former` told that `person`, who is locked, has another one now."""
    queue(kind=Kind.ADDRESS_CHANGED, person=person, address=former)


@transaction.atomic
def request_password_resets(people: Sequence[User]) -> None:
    """Has a link to choose a new password sent to `people`, those who have the address that somebody typed.

    With nobody among them the same is stored, as one row in one statement, so that the time tells nothing either.
    """
    language = translation.get_language() or ""
    asked_for: Sequence[User | None] = people or [None]
    PasswordResetRequest.objects.bulk_create(
        [PasswordResetRequest(person=person, language=language) for person in asked_for]
    )
    transaction.on_commit(celery_publisher.publish_mail_waiting, robust=True)


def _is_open_already(kind: str, person: User) -> bool:
    """Whether a mail of `kind` to `person` is open. One that waits is tried at once. What was given up is dropped."""
    earlier = OutgoingEmail.objects.filter(recipient=person, kind=kind)
    earlier.filter(state__in=GIVEN_UP).update(state=State.DROPPED)
    earlier.filter(state=State.WAITING).update(next_try=Least(F("next_try"), portal_now()))
    return earlier.filter(OPEN).exists()


def has_password_reset_requests() -> bool:
    """Whether a request waits for `queue_requested_password_resets`."""
    return PasswordResetRequest.objects.exists()


@transaction.atomic
def queue_requested_password_resets() -> None:
    """Makes e-mails of the requests for a password reset, one for each person, and deletes the requests."""
    if not has_password_reset_requests():
        return
    free = PasswordResetRequest.objects.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
    requests = list(free.select_related("person")[:BATCH])
    languages = {request.person_id: request.language for request in requests}
    for person in lock_people(*(request.person for request in requests if request.person)).values():
        if person.is_active:
            queue(kind=Kind.PASSWORD_RESET, person=person, payload={"language": languages[person.pk]})
    PasswordResetRequest.objects.filter(pk__in=[request.pk for request in requests]).delete()
