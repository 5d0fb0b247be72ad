"""Codes of the second factor: each works once."""

from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.core.cache import cache
from django.db.models import QuerySet

from cases.models import User

# A code is good for a minute and a half. It is remembered for much longer: clocks may be set back.
REMEMBERED = 24 * 3600


def use_code(person: User, code: str) -> Authenticator | None:
    """Use a code of the app of `person`, or a recovery code. Return which of the two it belongs to, or None if it is
    wrong or was used before.

    SecretUnreadable if the stored secret cannot be decrypted.
    """
    for authenticator in _authenticators(person):
        if _use_code_of(authenticator, code):
            authenticator.user = person
            return authenticator
    return None


def main(person: User) -> Authenticator:
    """Return the app of `person`, which everyone with a second factor has. A wrong code is reported for it."""
    return _authenticators(person).first()


def _authenticators(person: User) -> QuerySet[Any]:
    found: QuerySet[Any] = Authenticator.objects.filter(user=person)
    return found.order_by("-type")  # the app before the recovery codes


def _use_code_of(authenticator: Authenticator, code: str) -> bool:
    if authenticator.type == Authenticator.Type.TOTP:
        return use_app_code(decrypt(authenticator.data["secret"]), code)
    return bool(authenticator.wrap().validate_code(code))


def use_app_code(secret: str, code: str) -> bool:
    """Use `code`: tell whether an app with that `secret` shows it now and it was not used before.

    The clocks may differ by MFA_TOTP_TOLERANCE. Of two requests at the same moment, one gets True.
    """
    matching = [
        counter
        for counter in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter)))
    ]
    return any(cache.add(f"totp:{secret}:{counter}", True, timeout=REMEMBERED) for counter in matching)
