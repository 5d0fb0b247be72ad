"""The broker of REDIS_URL: which URLs are accepted, and how a TLS connection is checked."""

import ssl
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

CERTIFICATE_CHECKS = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
TLS_FILES = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}


def check_broker_url(url: str) -> str:
    """Return `url` if workers can run on it: one Redis, at redis:// or rediss://. ImproperlyConfigured otherwise.

    Celery's `sentinel://` would pass at startup and then stop the worker, and only one server of a list would be used.
    The error does not repeat the URL, which may hold a password.
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
    database = parts.path.strip("/")
    if database and not (database.isascii() and database.isdecimal()):
        raise ImproperlyConfigured("REDIS_URL must end with the number of a database, such as /0.")
    return url


def tls_options(url: str) -> dict[str, Any]:
    """Return Celery's `broker_use_ssl` for `url`: empty for redis://, TLS options for rediss://.

    The certificate must be valid for the server's name, unless the URL says otherwise (`?ssl_cert_reqs=none`).
    ImproperlyConfigured for an unknown option, so that a misspelled one never turns the check off.
    """
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
                f"REDIS_URL accepts {', '.join(sorted(TLS_FILES))} with the path of a file, and "
                f"ssl_cert_reqs=none, optional or required. It has {name}={value}."
            )
    return options


def without_options(url: str) -> str:
    """Return `url` without its query. The options are in `tls_options`, and the query would override them in kombu."""
    return urlsplit(url)._replace(query="").geturl()
