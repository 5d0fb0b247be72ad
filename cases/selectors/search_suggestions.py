"""Spelling suggestions for a search that finds nothing ("Did you mean"), from words that this reader may read."""

import difflib
from typing import Any, cast

from cases.core.search_words import words_of
from cases.models import Case, User
from cases.selectors import case_list
from cases.selectors.search_permissions import readable_words

# A suggestion comes from the words of this many latest cases, and from this many characters of each.
MEANT_CASES = 200
MEANT_CHARACTERS = 1000
# How many words of a search are corrected, and how long a word must be.
MEANT_WORDS = 3
SHORTEST_MEANT = 4
# From 0 to 1: "penson" and "pension" are alike by 0.92, "case" and "care" by 0.75.
ALIKE = 0.75


def meant(user: User, text: str) -> str:
    """Return `text` with words that are in no case replaced by similar ones, or nothing if there are none.

    The similar words come from texts of the latest cases that `user` may read now.
    """
    known = _known_words(user)
    typed = words_of(text)
    unknown = [word for word in typed if len(word) >= SHORTEST_MEANT and not _begins_any(word, known)]
    better = {word: _most_alike(word, known) for word in unknown[:MEANT_WORDS]}
    return " ".join(better.get(word) or word for word in typed) if any(better.values()) else ""


def _known_words(user: User) -> set[str]:
    cases = Case.objects.shown_to(user)
    if user.is_member:
        cases = cases.filter(case_list.latest_of_member(user, cases))
    latest = list(cases.annotate(readable=readable_words(user, MEANT_CHARACTERS)).order_by("-pk")[:MEANT_CASES])
    texts = [cast(Any, case).readable or "" for case in latest]
    names = [] if user.is_member else words_of(" ".join({case.member.name_folded for case in latest}))
    return {word for text in texts for word in text.split()}.union(names)


def _begins_any(word: str, known: set[str]) -> bool:
    return word in known or any(other.startswith(word) for other in known)


def _most_alike(word: str, known: set[str]) -> str:
    near = sorted(other for other in known if abs(len(other) - len(word)) <= 2)
    return next(iter(difflib.get_close_matches(word, near, n=1, cutoff=ALIKE)), "")
