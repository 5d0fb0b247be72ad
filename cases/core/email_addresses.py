"""Email addresses: how two are compared, and how one is written for a mail server.

Domains follow IDNA 2008 (`idna`). Django, and Python's own codec, follow IDNA 2003, by which `faß.de` is `fass.de`:
somebody else's domain.
"""

import unicodedata
from email.utils import formataddr, parseaddr

import idna

LONGEST_DOMAIN = 253


class UnusableAddress(ValueError):
    """No mail server can be told this address. The message does not repeat it."""


def canonical(address: str) -> str:
    """What all spellings of one address have in common: two that look alike are one. Empty for an empty one."""
    local, at, domain = unicodedata.normalize("NFKC", address).strip().rpartition("@")
    local = "".join(letter for letter in local if unicodedata.category(letter) != "Cf")
    try:
        domain = _ascii_domain(domain)
    except UnusableAddress:
        domain = domain.casefold()
    return unicodedata.normalize("NFKC", local.casefold()) + at + domain.rstrip(".")


def for_mail_server(address: str) -> str:
    """`address`, with or without a name before it, its domain in ASCII. UnusableAddress where that cannot be."""
    name, plain = parseaddr(address) if not address.isascii() else ("", "")
    local, at, domain = plain.rpartition("@")
    if domain.isascii():
        return address
    plain = local + at + _ascii_domain(domain)
    return formataddr((name, plain)) if name else plain


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    if len(domain) > LONGEST_DOMAIN:
        raise UnusableAddress("The domain of the address is too long.")
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:  # its words repeat the domain
        raise UnusableAddress("The domain of the address is not one of IDNA 2008.") from None
