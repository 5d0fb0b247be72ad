"""What comes in as JSON."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class PortalJSONParser(JSONParser):
    """Django REST framework's, which also refuses what is nested too deeply to be read."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """The parsed body. ParseError (400) for what is no JSON."""
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
