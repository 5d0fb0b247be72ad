"""The words of a text, as a search compares them."""

import re
from collections.abc import Iterable

from cases.core.folding import fold

# Chinese and Japanese are written without spaces: there each character counts as a word.
WITHOUT_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(f"[{WITHOUT_SPACES}]|(?:(?![{WITHOUT_SPACES}])[^\\W_])+")
# Anything longer is not a word in any language. Its beginning is kept.
LONGEST = 64


def words_of(text: str) -> list[str]:
    """Return the words of `text`, folded, each once, in the order in which they occur."""
    return list(dict.fromkeys(word[:LONGEST] for word in WORD.findall(fold(text))))


def first_words(text: str, most: int) -> str:
    """Return `text`, or the first `most` of its words where it has more."""
    words = words_of(text)
    return text if len(words) <= most else " ".join(words[:most])


def searchable(texts: Iterable[str], most: int) -> str:
    """Return the words of `texts`, each after a space, so that a word begins where `" " + word` is found.

    At most `most` characters, beginning with the words of the first texts.
    """
    found = dict.fromkeys(word for text in texts for word in words_of(text))
    joined = "".join(f" {word}" for word in found)
    return joined if len(joined) <= most else joined[: joined.rindex(" ", 0, most + 1)]
