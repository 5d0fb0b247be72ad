"""API tokens: a person can have several, each with a name and an end. Programs use them to call the API as that
person."""

import datetime as dt

import structlog
from django.conf import settings
from django.db import Error, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from knox.crypto import hash_token
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from cases.core.clock import portal_now
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.core.text import clean_line
from cases.db.time_budget import sqlite_busy_timeout
from cases.lifecycle.account_history import record
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_people
from cases.models import AccountEvent, ApiToken, User
from cases.models.api_token import LONGEST_NAME

logger = structlog.get_logger(__name__)

MAX_DAYS = 365
# The last use is shown to the minute, so a program that calls constantly writes no more often than that.
USE_NOTED_EVERY = dt.timedelta(minutes=1)
Kind = AccountEvent.Kind


@transaction.atomic
def create(*, user: User, by: User | str, name: str, days: int) -> tuple[ApiToken, str]:
    """Return a new token of `user`, valid for `days`, and its secret, which is shown only this once.

    `by` is the person or the name of a program. NotAllowed for an account that is deactivated, or whose credentials
    ended during the request. CaseError for a name that is taken or cannot be read, for days out of bounds, and for one
    token too many.
    """
    owner = lock_people(user)[user.pk]
    if not owner.is_active or owner.credentials_key != user.credentials_key:
        raise NotAllowed(_("This account is deactivated or has been signed out."))
    now = portal_now()
    _forget_ended(owner, now)
    name = _checked_name(owner, name)
    _check_days(days)
    _check_number(owner)
    digest, secret = get_digest_token()
    token = ApiToken.objects.create(
        user=owner,
        name=name,
        digest=digest,
        token_key=secret[: CONSTANTS.TOKEN_KEY_LENGTH],
        credentials_key=owner.credentials_key,
        created=now,
        expiry=now + dt.timedelta(days=days),
    )
    record(owner, Kind.API_TOKEN_CREATED, by=by, details=_facts(token))
    log_committed("api token created", token_id=token.pk, person_id=owner.pk, days=days)
    return token, secret


@transaction.atomic
def end(*, token: ApiToken, by: User | str) -> None:
    """Revoke `token`. Revoking one that has already ended is not an error."""
    locked = ApiToken.objects.select_for_update(of=("self",)).select_related("user").filter(pk=token.pk).first()
    if locked is None:
        return
    record(locked.user, Kind.API_TOKEN_ENDED, by=by, details=_facts(locked))
    pk = locked.pk
    locked.delete()
    log_committed("api token ended", token_id=pk, person_id=token.user_id)


def tokens_of(user: User) -> list[ApiToken]:
    """Return the tokens of `user` that have not been ended, newest first. Expired ones are included until another is
    created."""
    return list(ApiToken.objects.alive().filter(user=user).order_by("-pk"))


def find(secret: str) -> ApiToken | None:
    """Return the token with that secret, with its person, or None if it is unknown, has ended or has expired.

    Record its use, at most once a minute.
    """
    token = ApiToken.objects.alive().select_related("user").filter(digest=hash_token(secret)).first()
    if token is None:
        return None
    now = portal_now()
    if token.has_expired(now):
        return None
    _note_use(token, now)
    return token


def _note_use(token: ApiToken, now: dt.datetime) -> None:
    """Record the use. If another process is writing the row, do not wait: a use in the next minute is recorded."""
    if token.last_used is not None and abs(now - token.last_used) < USE_NOTED_EVERY:
        return
    try:
        with sqlite_busy_timeout(0), transaction.atomic():
            row = ApiToken.objects.select_for_update(skip_locked=True).filter(pk=token.pk)
            if row.exists():
                row.update(last_used=now)
    except Error:
        logger.info("use of an api token was not noted", token_id=token.pk)


def _forget_ended(owner: User, now: dt.datetime) -> None:
    own = ApiToken.objects.filter(user=owner)
    own.exclude(credentials_key=owner.credentials_key).delete()
    own.filter(expiry__lte=now).delete()


def _checked_name(owner: User, name: str) -> str:
    name = clean_line(name)
    if not name or len(name) > LONGEST_NAME:
        raise CaseError(
            _("Enter a name of up to %(most)d characters.") % {"most": LONGEST_NAME},
            field="name",
        )
    if ApiToken.objects.filter(user=owner, name=name).exists():
        raise CaseError(_("You already have a token with this name. Choose another one."), field="name")
    return name


def _check_days(days: int) -> None:
    if not 1 <= days <= MAX_DAYS:
        raise CaseError(_("Choose between 1 and %(most)d days.") % {"most": MAX_DAYS}, field="days")


def _check_number(owner: User) -> None:
    most = settings.API_TOKENS_PER_PERSON
    if ApiToken.objects.filter(user=owner).count() >= most:
        raise WrongState(
            ngettext(
                "You can have %(most)d token. Revoke it to create another one.",
                "You can have up to %(most)d tokens. Revoke one to create another.",
                most,
            )
            % {"most": most}
        )


def _facts(token: ApiToken) -> dict[str, str]:
    return {"name": token.name, "token": str(token)}
