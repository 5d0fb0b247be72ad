"""URL path converters."""

from django.urls import register_converter
from django.urls.converters import IntConverter

from cases.core.limits import KEY_DIGITS


class KeyConverter(IntConverter):
    """The key of a row.

    Django's `int` takes any number of digits, and SQLite raises OverflowError for some. Longer numbers do not match.
    """

    regex = f"[0-9]{{1,{KEY_DIGITS}}}"


register_converter(KeyConverter, "key")
