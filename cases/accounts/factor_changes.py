"""What happens when people set up, renew or remove their own second factor."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest

from cases.lifecycle.account_history import record
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_people
from cases.models import AccountEvent, User

Kind = AccountEvent.Kind
LOGGED = {Kind.SECOND_FACTOR_ADDED: "second factor set up", Kind.RECOVERY_CODES_MADE: "recovery codes made"}


@contextmanager
def recorded(person: User, kind: AccountEvent.Kind) -> Iterator[None]:
    """Record that `person` changes their own second factor within this block, in one transaction with the change.

    The app is recorded without the recovery codes that come with it.
    """
    with transaction.atomic():
        person = lock_people(person)[person.pk]
        yield
        record(person, kind, by=person)
        log_committed(LOGGED[kind], person_id=person.pk)


@transaction.atomic
def end_other_credentials(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    """End what was opened with the second factor, except the session in which its owner removed it. The history of the
    account records it once, for the app and its recovery codes.

    A session that has ended since the request began gets no new key, so it stays ended.
    """
    person = lock_people(user)[user.pk]
    is_signed_in = person.get_session_auth_hash() == user.get_session_auth_hash()
    person.end_credentials()
    person.save(update_fields=["credentials_key"])
    if authenticator.type == Authenticator.Type.TOTP:
        record(person, Kind.SECOND_FACTOR_REMOVED, by=person)
        log_committed("second factor removed", person_id=person.pk, by=person.pk)
    if not is_signed_in:
        return
    user.credentials_key = person.credentials_key
    update_session_auth_hash(request, user)
    UserSession.objects.create_from_request(request)  # it has another key now


def connect() -> None:
    """Call the functions of this module from now on."""
    authenticator_removed.connect(end_other_credentials, dispatch_uid="end_other_credentials")
