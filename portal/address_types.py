"""Kinds of settings that are addresses: of sites, hosts, senders, domains and mail folders."""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import ClassVar
from urllib.parse import SplitResult, unquote, urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured

from portal.setting_types import Text, Words

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})+", re.IGNORECASE)
# With a local part that the portal signs, an address of that domain is short enough for every mail server.
MAX_DOMAIN = 190
# An IPv6 address in brackets, or a name without a scheme, port or path.
HOST = re.compile(r"\[[0-9a-f:.]+\]|[^\s:/\[\]]+", re.IGNORECASE)


@dataclass(frozen=True)
class Site:
    """The address of a website, or nothing."""

    values: str = "`http://…` or `https://…`"

    def read(self, name: str, text: str) -> str:
        if text and not _is_site(text):
            raise ImproperlyConfigured(f"{name} must begin with http:// or https:// and name a host, not {text!r}.")
        return _site_in_ascii(text)


def _site_in_ascii(text: str) -> str:
    """Return the address of a website with its host in ASCII, as browsers and headers write it."""
    parts = urlsplit(text)
    before, at, host = parts.netloc.rpartition("@")
    if host.isascii():
        return text
    return parts._replace(netloc=before + at + _host_in_ascii(host)).geturl()


def _host_in_ascii(text: str) -> str:
    """Return a host, perhaps with a port, by IDNA 2008. The dot and the star before one stand for its subdomains."""
    host, colon, port = text.partition(":") if not text.isascii() else (text, "", "")
    name = host.removeprefix("*").removeprefix(".")
    return host.removesuffix(name) + (name if name.isascii() else idna.encode(name, uts46=True).decode()) + colon + port


def _is_site(text: str) -> bool:
    parts = _split(text)
    return parts is not None and parts.scheme in ("http", "https") and _is_host(parts.netloc.rpartition("@")[2])


def _is_host(text: str) -> bool:
    """Tell whether a host with other letters than ASCII, perhaps with a port, is one of IDNA 2008."""
    try:
        _host_in_ascii(text)
    except idna.IDNAError:
        return False
    return True


@dataclass(frozen=True)
class Sender:
    """An email address, optionally after a name. Without one, mail servers reject each email or treat it as spam."""

    values: str = "email address, or a name with one in `<>`"

    def read(self, name: str, text: str) -> str:
        before, at, domain = parseaddr(text)[1].rpartition("@")
        if not (before and at and domain and text.isprintable() and _is_taken_by_django(text)):
            raise ImproperlyConfigured(f"{name} must be an email address, or a name with one in <>, not {text!r}.")
        return text


def _is_taken_by_django(address: str) -> bool:
    """Tell whether Django would send an email from there. Otherwise each one would fail when it is sent."""
    from django.core.mail.message import sanitize_address

    try:
        sanitize_address(address, "utf-8")
    except ValueError:
        return False
    return True


class Addresses(Words):
    """A list of addresses. Each must be right."""

    # What an error says they must be.
    wanted: ClassVar[str]

    def is_right(self, word: str) -> bool:
        """Tell whether `word` is such an address."""
        raise NotImplementedError

    def in_ascii(self, word: str) -> str:
        """Return the right `word` as browsers write it. Django compares it letter by letter."""
        raise NotImplementedError

    def read(self, name: str, text: str) -> list[str]:
        words = super().read(name, text)
        for word in words:
            if not self.is_right(word):
                raise ImproperlyConfigured(f"{name} must be {self.wanted}, not {word!r}.")
        return [self.in_ascii(word) for word in words]


@dataclass(frozen=True)
class Hosts(Addresses):
    """Host names, at least one. With none, or with a scheme or a port, every page would be refused."""

    values: str = "comma-separated host names"
    wanted: ClassVar = "host names such as portal.example.com, without a scheme or a port"

    def is_right(self, word: str) -> bool:
        return HOST.fullmatch(word) is not None and _is_host(word)

    def read(self, name: str, text: str) -> list[str]:
        if hosts := super().read(name, text):
            return hosts
        raise ImproperlyConfigured(f"{name} must name at least one host, such as portal.example.com.")

    def in_ascii(self, word: str) -> str:
        return _host_in_ascii(word)


@dataclass(frozen=True)
class Origins(Addresses):
    """Sites without a path. Django compares them with the header of that name, letter by letter."""

    values: str = "comma-separated, `http://…` or `https://…`"
    wanted: ClassVar = "origins such as https://portal.example.com, without a path"

    def is_right(self, word: str) -> bool:
        return _is_site(word) and urlsplit(word)[2:] == ("", "", "")

    def in_ascii(self, word: str) -> str:
        return _site_in_ascii(word)


@dataclass(frozen=True)
class Domain:
    """A domain of email addresses, or nothing."""

    values: str = "domain (`bounces.example.com`)"

    def read(self, name: str, text: str) -> str:
        if text and not (DOMAIN.fullmatch(text) and len(text) <= MAX_DOMAIN):
            raise ImproperlyConfigured(f"{name} must be a domain such as bounces.example.com, not {text!r}.")
        return text


@dataclass(frozen=True)
class MailFolder(Text):
    """A folder of an IMAP server, or nothing. The error does not repeat the URL, which holds a password."""

    values: str = "`imaps://…` or `imap://…`"

    def read(self, name: str, text: str) -> str:
        if text and not _is_mail_folder(text):
            raise ImproperlyConfigured(
                f"{name} must begin with imaps:// or imap:// and name user, password and host, in ASCII. "
                "A port must be a number."
            )
        return text


def _is_mail_folder(text: str) -> bool:
    parts = _split(text)
    # imaplib writes ASCII alone.
    return bool(
        parts
        and parts.scheme in ("imap", "imaps")
        and parts.username
        and parts.password
        and unquote(parts.username + parts.password + parts.path).isascii()
    )


def _split(text: str) -> SplitResult | None:
    """Return the parts of a URL that names a host, or None if it does not, or its port is not a number."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and port != 0 else None
