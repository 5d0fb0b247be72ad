"""Whether an open page is out of date: compare a short token of what it showed with one of what it would show now.

A token is made of what its reader may see, and of nothing else. So it tells a member no more than to load the page.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from cases.lifecycle.visible_case import VisibleCase
from cases.models import Case, User

LENGTH = 16


def token_of(cases: Iterable[VisibleCase]) -> str:
    """Return the token of a page that shows these cases, in this order."""
    return hashlib.sha256(repr(list(cases)).encode()).hexdigest()[:LENGTH]


def case_token(case: Case, user: User) -> str:
    """Return the token of the page of `case`, which came from `shown_to(user)`: its state, then what it shows.

    The state comes first, so that the page can say what has changed. The number is left out: two cases that look the
    same to a member have the same token.
    """
    seen = replace(VisibleCase.of(case, to=user), pk=0, external_case_id="")
    return f"{seen.state}-{token_of([seen])}"
