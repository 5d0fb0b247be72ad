"""Secret tokens in links: random, shown once and stored as a digest, so a copy of the database gives no access."""

import hashlib
import secrets


def new_token() -> str:
    """Return a token that can't be guessed."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return the digest that is stored for `token`."""
    return hashlib.sha256(token.encode()).hexdigest()
