"""Queue emails about accounts in the outbox. The mail worker renders and sends them."""

import re
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least
from django.utils import translation

from cases.core.clock import portal_now
from cases.delivery import celery_publisher
from cases.lifecycle.locking import lock_people
from cases.models import OutgoingEmail, PasswordResetRequest, User
from cases.models.delivery import GIVEN_UP, OPEN, first_due
from cases.models.outgoing_email import ONCE_KINDS

Kind, State = OutgoingEmail.Kind, OutgoingEmail.State
# The most requests that become emails in one transaction.
BATCH = 500
# What a payload may contain besides ids: a code such as a language, but never a person's text or a token.
CODE = re.compile(r"[A-Za-z0-9_-]{0,20}")


@transaction.atomic
def queue(*, kind: str, person: User, address: str = "", payload: dict[str, object] | None = None) -> None:
    """Queue an email of `kind` to `person`, who is locked or was created in this transaction. It is sent after commit.

    `address` is only for kinds that keep theirs. `payload` holds ids and codes; ValueError for anything else. An open
    email of ONCE_KINDS is not queued twice but tried immediately, and one that was given up is replaced.
    """
    _check_payload(payload or {})
    now = portal_now()
    if not (kind in ONCE_KINDS and _reuse_open(kind, person)):
        OutgoingEmail.objects.create(
            kind=kind, recipient=person, address=address or person.email, payload=payload, **first_due(now)
        )
    transaction.on_commit(celery_publisher.publish_mail_waiting, robust=True)


def queue_invitation(person: User) -> None:
    """Queue a link to choose a first password for `person`, who is locked or new.

    It is in the language of `person`, or else in that of the person who invites them.
    """
    queue(kind=Kind.INVITATION, person=person, payload={"language": translation.get_language() or ""})


def queue_address_changed(person: User, *, former: str) -> None:
    """Queue a notice to the address `former` that `person`, who is locked, has a new one."""
    queue(kind=Kind.ADDRESS_CHANGED, person=person, address=former)


@transaction.atomic
def request_password_resets(people: Sequence[User]) -> None:
    """Store a request to send a link for a new password to `people`, who have the address that was typed.

    If there are none, the same single statement still stores a row, so that timing does not reveal whether an account
    exists.
    """
    language = translation.get_language() or ""
    asked_for: Sequence[User | None] = people or [None]
    PasswordResetRequest.objects.bulk_create(
        [PasswordResetRequest(person=person, language=language) for person in asked_for]
    )
    transaction.on_commit(celery_publisher.publish_mail_waiting, robust=True)


def _check_payload(payload: Mapping[str, object]) -> None:
    if not all(
        isinstance(value, int) or (isinstance(value, str) and CODE.fullmatch(value)) for value in payload.values()
    ):
        raise ValueError("A payload holds ids and codes only.")


def _reuse_open(kind: str, person: User) -> bool:
    """Tell whether an email of `kind` to `person` is open. Try a waiting one now, and drop what was given up."""
    earlier = OutgoingEmail.objects.filter(recipient=person, kind=kind)
    earlier.filter(state__in=GIVEN_UP).update(state=State.DROPPED)
    earlier.filter(state=State.WAITING).update(next_try=Least(F("next_try"), portal_now()))
    return earlier.filter(OPEN).exists()


def has_password_reset_requests() -> bool:
    """Tell whether a request waits for `queue_requested_password_resets`."""
    return PasswordResetRequest.objects.exists()


@transaction.atomic
def queue_requested_password_resets() -> None:
    """Queue an email for each person who requested a new password, and delete the requests."""
    if not has_password_reset_requests():
        return
    free = PasswordResetRequest.objects.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
    requests = list(free.select_related("person")[:BATCH])
    languages = {request.person_id: request.language for request in requests}
    for person in lock_people(*(request.person for request in requests if request.person)).values():
        if person.is_active:
            queue(kind=Kind.PASSWORD_RESET, person=person, payload={"language": languages[person.pk]})
    PasswordResetRequest.objects.filter(pk__in=[request.pk for request in requests]).delete()
