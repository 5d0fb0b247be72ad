"""Guesses of passwords and codes, counted per account, whatever name is used for it, and per client address.

A correct guess is taken back, but never lifts the count of other people's wrong guesses. The rates are `login_failed`
and `guesses` in ACCOUNT_RATE_LIMITS; the counts are kept by cases.accounts.security_state.
"""

from collections.abc import Iterable

import structlog
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.core.internal import ratelimit
from django.http import HttpRequest

from cases.core.email_addresses import canonical
from cases.models import User

logger = structlog.get_logger(__name__)

APP = "allauth.account"
NOBODY = "nobody:"


def count(request: HttpRequest, subjects: Iterable[str]) -> ratelimit.RateLimitUsage | None:
    """Count a guess at each of `subjects` and from the address that `request` comes from.

    Return an object that takes it back (`rollback()`), or None if there have been too many and the guess must not be
    tried.
    """
    counted = []
    for action, key in [("guesses", None), *(("login_failed", subject) for subject in subjects)]:
        usage = ratelimit.consume(request, app=APP, action=action, key=key, limit_get=True)
        if usage is None:
            _log("too many guesses", subjects)
            return None
        counted += usage.usage
    return ratelimit.RateLimitUsage(usage=counted)


def log_wrong(subjects: Iterable[str]) -> None:
    """Log a guess that was wrong."""
    _log("sign-in failed", subjects)


def at_login(*identifiers: str) -> list[str]:
    """Return the subjects of a password that is tried with these names or addresses: the accounts they lead to, or else
    the names themselves, in one spelling."""
    subjects = {at_password(person) for identifier in identifiers for person in _people_called(identifier)}
    return sorted(subjects) or sorted({f"{NOBODY}{_in_one_spelling(identifier)}" for identifier in identifiers})


def at_password(person: User) -> str:
    """Return the subject of a password of `person`."""
    return f"password:{person.pk}"


def at_code(person: User) -> str:
    """Return the subject of a code of the second factor of `person`."""
    return f"code:{person.pk}"


def forgive(request: HttpRequest, person: User) -> None:
    """Forget the wrong passwords of `person`, who has proved their identity with a mailed link. Addresses stay
    counted."""
    ratelimit.clear(request, app=APP, action="login_failed", key=at_password(person))


def _people_called(identifier: str) -> list[User]:
    """Return all whose password the sign-in might check, as allauth's backend looks for them, and whose username is
    another spelling of `identifier`.

    Those spellings sign no one in. But they count together for a name that nobody has, and the lock must not reveal
    which names are known.
    """
    named = {get_user_by_username(name) for name in (identifier, _in_one_spelling(identifier))}
    return [*filter_users_by_email(identifier, for_login=True), *filter(None, named)]


def _in_one_spelling(identifier: str) -> str:
    """Return one form for all spellings of a name or an address. A database may compare names in capital letters."""
    return canonical(identifier if "@" in identifier else identifier.upper())


def _log(event: str, subjects: Iterable[str]) -> None:
    """Name the accounts by their keys. A name that leads to no account is left out, because it may be a password."""
    known = [subject for subject in subjects if not subject.startswith(NOBODY)]
    logger.warning(event, subjects=known or ["unknown account"])
