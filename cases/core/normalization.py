"""Unicode normalization whose time grows only with the length of the text."""

import re
import unicodedata
from typing import Literal

# The most marks on one letter, as in Unicode's stream-safe text format (UAX #15). No language comes near it.
MOST_MARKS = 30
# Unicode has none before these, nor in a higher plane.
MARKS = "".join(chr(code) for code in range(0x300, 0x20000) if unicodedata.combining(chr(code)))
PILE = re.compile(f"([{MARKS}]{{{MOST_MARKS}}})[{MARKS}]+")


def normalize(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return `text` in that form, without marks beyond MOST_MARKS on one letter.

    Python sorts the marks of a letter in the square of their number, and holds up all threads meanwhile. A form with
    half a million of them would stop a web process for an hour.
    """
    if text.isascii():
        return text
    # Again behind it, because some marks become two.
    return _cut(unicodedata.normalize(form, _cut(text)))


def _cut(text: str) -> str:
    return PILE.sub(r"\1", text)
