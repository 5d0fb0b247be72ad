"""Whether an open page is out of date: compare a short token of what it showed with one of what it would show now.

A token is built only from what its reader may see, so it tells a member no more than loading the page does.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import fields

from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case, User

LENGTH = 16
# The parts of a case page that are replaced separately: the conversation, and everything about the release.
OF_CONVERSATION = ("turn", "turn_label")
OF_RELEASE = (
    "state",
    "state_label",
    "date_completed",
    "scheduled_for",
    "scheduled_release_date",
    "scheduled_release_time",
    "actual_release_date",
    "release_error",
    "version",
)
# Two cases that look the same to a member have the same token.
LEFT_OUT = ("pk", "external_case_id")


def token_of(cases: Iterable[VisibleCase]) -> str:
    """Return the token of a page that shows these cases, in this order."""
    return _digest(list(cases))


def case_tokens(case: Case, user: User) -> dict[str, str]:
    """Return the tokens of the page of `case`, which came from `shown_to(user)`, by part.

    A part that is replaced separately is up to date again, while the rest of the page is not. The token of the release
    begins with the state, so that the page can say what has changed.
    """
    seen = VisibleCase.of(case, to=user)
    rest = [each.name for each in fields(seen) if each.name not in (*OF_CONVERSATION, *OF_RELEASE, *LEFT_OUT)]
    parts = {"release": OF_RELEASE, "conversation": OF_CONVERSATION, "rest": rest}
    tokens = {part: _digest([getattr(seen, name) for name in names]) for part, names in parts.items()}
    return tokens | {"release": f"{seen.state}-{tokens['release']}"}


def in_one(tokens: dict[str, str]) -> str:
    """Return the tokens of the parts of a page as one, as the page sends them (cases/live.js)."""
    return ".".join(tokens.values())


def _digest(shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:LENGTH]
