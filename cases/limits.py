"""Bounds of what people and programs send and store (DESIGN rule 16): each has one number, here."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# A key with more digits may not fit into the eight bytes that both databases keep it in.
KEY_DIGITS = 18
# One value of an address, and one header. gunicorn refuses longer headers by default.
PARAMETER = 2_000
HEADER = 8_190

# What is searched for. Each word is looked for in several columns.
SEARCH = 200
SEARCH_WORDS = 10

# What people sign in with. Hashing a password costs time for each of its letters.
EMAIL = 254
PASSWORD = 256
CODE = 64


def is_key(text: str) -> bool:
    """Whether `text` is a whole number that can be the key of a row."""
    return len(text) <= KEY_DIGITS and text.isascii() and text.isdecimal()


def few_words(text: str) -> None:
    """ValidationError for a search of more than SEARCH_WORDS words."""
    if len(text.split()) > SEARCH_WORDS:
        raise ValidationError(
            _("Search for up to %(most)s words."), code="too_many_words", params={"most": SEARCH_WORDS}
        )
