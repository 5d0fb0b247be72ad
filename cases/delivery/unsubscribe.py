"""The link that stops emails, with one click and without an account (RFC 8058). The signature is the credential.

It does not expire: an email may be read years later. All that it can do is to stop the emails of that kind.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.core import signing

from cases.delivery.portal_links import portal_url
from cases.models import User

SALT = "cases.unsubscribe"


@dataclass(frozen=True)
class UnsubscribeRequest:
    """A person and the kinds of email that are to stop."""

    person: int
    kinds: list[str]


def link(person: User, kinds: Collection[str]) -> str:
    """Return the address that stops emails of `kinds` to `person`."""
    token = signing.dumps([person.pk, sorted(kinds)], salt=SALT)
    return portal_url("unsubscribe", token)


def read(token: str) -> UnsubscribeRequest | None:
    """Return what the `token` of a link asks for, or None if the portal has not signed it."""
    try:
        person, kinds = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return UnsubscribeRequest(person, kinds)
