"""The broker that REDIS_URL names: which addresses are taken, and how far a TLS connection is checked."""

import ssl
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

CERTIFICATE_CHECKS = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
TLS_FILES = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}


def check_broker_url(url: str) -> str:
    """Return `url` if workers can run on it: one Redis, at redis:// or rediss://. ImproperlyConfigured otherwise.

    Celery's `sentinel://` passes every check of ours at start, and then ends the worker; a list of servers is taken
    for one of them. So both are refused here. The sentence does not repeat the address: a password may be in it.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname or ";" in url:
        raise ImproperlyConfigured(
            "REDIS_URL must name one server, as redis://:password@host:6379/0 or rediss://… for TLS. "
            "Sentinel and lists of servers are not supported."
        )
    try:
        _ = parts.port
    except ValueError:
        raise ImproperlyConfigured("REDIS_URL has a port that is not a number from 0 to 65535.") from None
    return url


def tls_options(url: str) -> dict[str, Any]:
    """Return Celery's `broker_use_ssl` for `url`: empty for redis://; for rediss:// the server's certificate must be
    valid for its name, unless the address says otherwise (`?ssl_cert_reqs=none`). ImproperlyConfigured for an option
    that is not known, so that a misspelt one never turns the check off."""
    parts = urlsplit(url)
    if parts.scheme != "rediss":
        return {}
    options: dict[str, Any] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in TLS_FILES and value:
            options[name] = value
        elif name == "ssl_cert_reqs" and value in CERTIFICATE_CHECKS:
            options[name] = CERTIFICATE_CHECKS[value]
        else:
            raise ImproperlyConfigured(
                f"REDIS_URL takes {', '.join(sorted(TLS_FILES))} with the path of a file, and "
                f"ssl_cert_reqs=none, optional or required. It says {name}={value}."
            )
    return options


def without_options(url: str) -> str:
    """Return `url` without its query: what that says is in `tls_options`, which kombu would otherwise replace by it."""
    return urlsplit(url)._replace(query="").geturl()
