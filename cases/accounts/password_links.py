"""The secret in a link that sets a password."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator


class PasswordLinkGenerator(PasswordResetTokenGenerator):
    """Django's, which a new password, a sign-in and another address end; and so does what ends all credentials."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.credentials_key}"
