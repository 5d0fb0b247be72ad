"""Parsing JSON requests."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils import json


class PortalJSONParser(JSONParser):
    """Django REST framework's parser. It also rejects JSON that is nested too deeply, and a field given twice."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the parsed body. ParseError (400) for invalid JSON, and where it is unclear which value was meant."""
        encoding = (parser_context or {}).get("encoding", settings.DEFAULT_CHARSET)
        try:
            text = stream.read().decode(encoding)
            return json.loads(text, parse_constant=json.strict_constant, object_pairs_hook=_each_once)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
        except (ValueError, LookupError) as error:  # a charset may be no text encoding
            raise ParseError(_("Invalid JSON: %(error)s") % {"error": error}) from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ParseError(_("A field was sent more than once. Send it once."))
    return fields
