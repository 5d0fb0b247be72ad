"""Secret tokens in links: random, told once and stored as a digest. A copy of the database opens nothing."""

import hashlib
import secrets


def new_token() -> str:
    """Return a token that can't be guessed."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return what is stored of `token`."""
    return hashlib.sha256(token.encode()).hexdigest()
