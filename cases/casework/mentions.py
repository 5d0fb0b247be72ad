"""Whom a note mentions: @ and a username, or the first or the whole name of a colleague."""

import re
from collections.abc import Iterable

from django.db.models import Q

from cases.core import limits
from cases.core.folding import fold
from cases.models import User

# An address has letters before its @. What ends a sentence is no part of a name.
MENTION = re.compile(r"(?<![\w.+-])@(?=(?P<name>\w+(?:[.+-]\w+)*))")
STAFF = (User.Role.TECHNICIAN, User.Role.ADMINISTRATOR)


def mentioned_in(text: str) -> list[User]:
    """Return the active staff whom `text` mentions, each once, up to MENTIONS. One statement, and none without an @.

    A username counts before a first name. A first name that several colleagues have counts for none of them, unless
    the last name follows.
    """
    found = list(MENTION.finditer(text))[: limits.MENTIONS]
    if not found:
        return []
    staff = list(_named({match["name"] for match in found}))
    people = [_only_one(match["name"], text[match.end() :], staff) for match in found]
    return list(dict.fromkeys(person for person in people if person))


def _named(names: set[str]) -> Iterable[User]:
    asked = Q()
    for name in names:
        asked |= Q(username__iexact=name) | Q(first_name__iexact=name)
    return User.objects.filter(asked, role__in=STAFF, is_active=True).order_by("pk")


def _only_one(name: str, rest: str, staff: Iterable[User]) -> User | None:
    """Return the one of `staff` whom `rest`, the text after an @, names first; None where that is not one person."""
    by_username = [person for person in staff if fold(person.username) == fold(name)]
    by_first_name = [person for person in staff if fold(person.first_name) == fold(name)]
    by_whole_name = [person for person in by_first_name if fold(rest).startswith(fold(person.get_full_name()))]
    return next((people[0] for people in (by_username, by_whole_name, by_first_name) if len(people) == 1), None)
