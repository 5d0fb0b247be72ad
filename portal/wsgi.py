"""The WSGI application, for gunicorn."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# The charsets that browsers and programs send. Each reads any bytes as text that a database can store.
CHARSETS = {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1"}

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request, whatever its Content-Type says.

    Django decodes the query of each request with the charset that comes with it, using any Python codec, before a view
    or middleware could answer 400. Some of these codecs are not text encodings.
    """
    if not _is_readable(environ.get("CONTENT_TYPE", "")):
        # The body is UTF-8 then. A form with files loses its boundary, which is a 400.
        environ["CONTENT_TYPE"] = environ["CONTENT_TYPE"].partition(";")[0]
    return _django(environ, start_response)


def _is_readable(content_type: str) -> bool:
    """Tell whether Django can read the parameters of this Content-Type, and the charset among them."""
    if ";" not in content_type:
        return True
    try:
        _type, parameters = parse_header_parameters(content_type)
    except (ValueError, LookupError):
        return False
    return parameters.get("charset", "utf-8").lower() in CHARSETS
