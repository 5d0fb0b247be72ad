"""Secrets of people that are stored (keys of authenticator apps, seeds of recovery codes): encrypted in the database.

A reader of a backup must not be able to generate the codes. The key is derived from SECRET_KEY. Secrets stored under
one of SECRET_KEY_FALLBACKS can still be read, so that a key can be changed without losing a second factor.
"""

import base64
from typing import Any, ClassVar

import structlog
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

logger = structlog.get_logger(__name__)

PURPOSE = b"secrets of second factors"


class SecretUnreadable(Exception):
    """A stored secret fits neither SECRET_KEY nor one of its fallbacks. Its text is a sentence for people."""

    def __init__(self) -> None:
        super().__init__(
            gettext("We can't check your code because of a problem on our side. Ask an administrator for help.")
        )


class PortalMFAAdapter(DefaultMFAAdapter):
    """allauth's adapter. It calls these two methods before a secret is stored and after it is read, and shows our
    messages."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is incorrect or has already been used."),
    }

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret. SecretUnreadable if no present key fits."""
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.exception("a stored secret of a second factor fits neither SECRET_KEY nor SECRET_KEY_FALLBACKS")
            raise SecretUnreadable from None


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]])


def _key(secret: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
