"""The one form in which words are compared: what a person types, and where it is looked for."""

import re
import unicodedata

# Letters that people type as others, and that Unicode does not take apart. Case folding has made them small.
LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"'})
# Marks upon letters, and what is invisible between them.
DROPPED = frozenset({"Mn", "Cf"})
# One letter becomes three at the utmost, such as the ligature ffi.
LONGEST_OF_ONE = 3


def fold(text: str) -> str:
    """`text` without capitals, accents and invisible characters, with plain spaces, dashes and quotation marks, in NFC.

    Databases compare letters each in its own way, and SQLite knows no capitals beyond ASCII: so both sides are folded
    here.
    """
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    kept = "".join(letter for letter in apart if unicodedata.category(letter) not in DROPPED)
    plain = DASHES.sub("-", kept.translate(LETTERS).translate(QUOTES))
    return unicodedata.normalize("NFC", " ".join(plain.split()))
