"""Email addresses: how two are compared, and how one is written for a mail server.

Domains follow IDNA 2008 (`idna`). Django and Python's codec follow IDNA 2003, which turns `faß.de` into `fass.de`: a
domain of someone else.
"""

import unicodedata
from email.utils import formataddr, parseaddr

import idna

from cases.core.normalization import normalize

MAX_DOMAIN = 253


class UnusableAddress(ValueError):
    """No mail server accepts this address. The message does not repeat it."""


def canonical(address: str) -> str:
    """Return one form for all spellings of an address: two that look alike are the same. Empty for an empty address."""
    local, at, domain = normalize("NFKC", address).strip().rpartition("@")
    local = "".join(letter for letter in local if unicodedata.category(letter) != "Cf")
    try:
        domain = _ascii_domain(domain)
    except UnusableAddress:
        domain = domain.casefold()
    return normalize("NFKC", local.casefold()) + at + domain.rstrip(".")


def for_mail_server(address: str) -> str:
    """Return `address`, with or without a name before it, with its domain in ASCII. UnusableAddress if impossible."""
    name, plain = parseaddr(address) if not address.isascii() else ("", "")
    local, at, domain = plain.rpartition("@")
    if domain.isascii():
        return address
    plain = local + at + _ascii_domain(domain)
    return formataddr((name, plain)) if name else plain


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    if len(domain) > MAX_DOMAIN:
        raise UnusableAddress("The domain of the address is too long.")
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:  # its words repeat the domain
        raise UnusableAddress("The domain of the address is not one of IDNA 2008.") from None
