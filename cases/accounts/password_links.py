"""The secret in a link that sets a password."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator


class PasswordLinkGenerator(PasswordResetTokenGenerator):
    """Django's generator, whose links end with a new password, a sign-in or another address. Here they also end with
    all credentials."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.credentials_key}"
