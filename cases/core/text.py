"""What people write: how it is stored, and how it stands in a sentence of the portal's."""

import re
import unicodedata

from django.utils.html import format_html

# Embeddings, overrides and isolates: they reach beyond the word that they are typed in. Marks (U+200E, U+200F) do not.
DIRECTION = "\u202a-\u202e\u2066-\u2069"
# What no line may hold, for constraints: as Python's and PostgreSQL's expressions both read it.
NOT_IN_A_LINE = r"[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]"
LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Tabs and ends of lines are spaces in a single line. Surrogates are half a character, which nobody can store.
FORBIDDEN = re.compile(f"[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\ud800-\udfff{DIRECTION}]")
REACHING = re.compile(f"[{DIRECTION}]")
# Spaces, controls, joiners, and marks that only change a letter. Unassigned is visible: emoji newer than this Python.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me"})
# Visible by their category alone: fillers, the blank pattern of Braille, and what is reserved for invisible characters.
BLANK = re.compile("[\u115f\u1160\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]")
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def clean_text(text: str) -> str:
    """`text` as it is stored: NFC, plain line ends, without control characters and space around it. Empty if nothing
    of it can be seen."""
    text = FORBIDDEN.sub("", LINE_ENDS.sub("\n", text))
    text = unicodedata.normalize("NFC", text).strip()
    return text if shows_something(text) else ""


def clean_line(text: str) -> str:
    """`clean_text` for what has one line: names, titles, file names."""
    return clean_text(LINE_ENDS.sub(" ", text).replace("\n", " ").replace("\t", " "))


def shows_something(text: str) -> bool:
    """Whether any of it can be seen: spaces, joiners and marks alone cannot."""
    return any(unicodedata.category(letter) not in INVISIBLE for letter in BLANK.sub("", text))


def isolated(text: str) -> str:
    """`text` for a sentence without tags (mail, toast, title, feed): one that runs from right to left, or would turn
    its surroundings, is isolated from them."""
    kept = REACHING.sub("", text)
    return f"{FIRST_STRONG_ISOLATE}{kept}{POP_ISOLATE}" if _runs_to_the_left(kept) else kept


def isolated_html(text: str) -> str:
    """`isolated` for HTML, escaped."""
    kept = REACHING.sub("", text)
    return format_html("<bdi>{}</bdi>", kept) if _runs_to_the_left(kept) else kept


def _runs_to_the_left(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(letter) in RIGHT_TO_LEFT for letter in text)
