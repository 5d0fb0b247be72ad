"""Text that people write: how it is stored, and how it is put into a sentence of the portal."""

import re
import unicodedata

from django.utils.html import format_html

from cases.core.normalization import normalize

# Embeddings, overrides and isolates change the direction of text after them. Marks (U+200E, U+200F) do not.
DIRECTION = "\u202a-\u202e\u2066-\u2069"
# Characters that no line may contain. Constraints use this too, so Python and PostgreSQL must interpret it alike.
NOT_IN_A_LINE = r"[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]"
LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# In a single line, tabs and line ends become spaces. Surrogates are half a character and cannot be stored.
FORBIDDEN = re.compile(f"[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\ud800-\udfff{DIRECTION}]")
REACHING = re.compile(f"[{DIRECTION}]")
# Spaces, controls, joiners and accents. Unassigned characters count as visible: emoji newer than this Python.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"})
# Visible by category but blank: fillers, the blank Braille pattern, and what is reserved for invisible characters.
BLANK = re.compile("[\u115f\u1160\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]")
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def clean_text(text: str) -> str:
    """Return `text` as it is stored: NFC, plain line ends, no control characters, no space around it.

    Empty if nothing of it is visible.
    """
    text = FORBIDDEN.sub("", LINE_ENDS.sub("\n", text))
    text = normalize("NFC", text).strip()
    return text if shows_something(text) else ""


def clean_line(text: str) -> str:
    """Do the same as `clean_text` for single lines: names, titles, file names."""
    return clean_text(LINE_ENDS.sub(" ", text).replace("\n", " ").replace("\t", " "))


def shows_something(text: str) -> bool:
    """Tell whether anything of `text` is visible. Spaces, joiners and accents alone are not."""
    return any(unicodedata.category(letter) not in INVISIBLE for letter in BLANK.sub("", text))


def isolated(text: str) -> str:
    """Return `text` for a sentence without HTML (email, toast, title, feed).

    Right-to-left text is isolated, so that it does not change the direction of the text around it.
    """
    kept = REACHING.sub("", text)
    return f"{FIRST_STRONG_ISOLATE}{kept}{POP_ISOLATE}" if _runs_to_the_left(kept) else kept


def isolated_html(text: str) -> str:
    """Do the same as `isolated` for HTML. The result is escaped."""
    kept = REACHING.sub("", text)
    return format_html("<bdi>{}</bdi>", kept) if _runs_to_the_left(kept) else kept


def _runs_to_the_left(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(letter) in RIGHT_TO_LEFT for letter in text)
