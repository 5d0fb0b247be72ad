"""API tokens for tests."""

import itertools

from cases.accounts import api_tokens
from cases.models import User

_numbers = itertools.count(1)


def new_token(user: User, days: int = 90) -> str:
    """Return the secret of a new token of `user`."""
    _token, secret = api_tokens.create(user=user, by=user, name=f"Program {next(_numbers)}", days=days)
    return secret


def header(secret: str) -> dict[str, str]:
    """Return the header with which a program sends it."""
    return {"Authorization": f"Token {secret}"}
