"""Folding for search, so that what a person types and what is searched are compared in the same form."""

import re
import sys
import unicodedata

from cases.core.normalization import normalize

# Letters for which people type others, and which Unicode does not decompose. Case folding has made them lowercase.
LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"'})
# Accents, and invisible characters.
DROPPED = frozenset({"Mn", "Cf"})
# Almost every letter becomes at most three, such as the ligature ffi. Columns are cut where rarer ones take more.
MAX_EXPANSION = 3


def fold(text: str) -> str:
    """Return `text` in lowercase, without accents and invisible characters, with plain spaces, dashes and quotes.

    Full-width letters, ligatures and circled numbers become the plain ones. Databases compare letters differently, and
    SQLite has no lowercase beyond ASCII. So both sides are folded here.
    """
    apart = _apart(_apart(text).casefold())
    kept = "".join(letter for letter in apart if unicodedata.category(letter) not in DROPPED)
    plain = DASHES.sub("-", kept.translate(LETTERS).translate(QUOTES))
    return normalize("NFC", " ".join(plain.split()))


def _apart(text: str) -> str:
    """Decompose letters and digits by compatibility too. Of a symbol such as ™ this would make letters of a word."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFKD" if letter.isalnum() else "NFD", letter) for letter in text)


def letters_folded_into_others() -> str:
    """Return a regular expression for compatibility letters and digits, such as full-width ones."""
    codes = [code for code in range(sys.maxunicode + 1) if unicodedata.decomposition(chr(code)).startswith("<")]
    return f"[{''.join(chr(code) for code in codes if chr(code).isalnum())}]"


def begins_words(label: str, typed: str) -> bool:
    """Tell whether each word of `typed` is the beginning of a word of `label`, both folded. Empty `typed` matches every
    label."""
    words = fold(label).split()
    return all(any(word.startswith(beginning) for word in words) for beginning in fold(typed).split())
