"""Whom a note mentions: @ and a username, or the first or the whole name of a colleague."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter

from django.db.models import Q

from cases.core import limits
from cases.core.folding import fold
from cases.models import User

# An address has letters before its @. What ends a sentence is no part of a name.
MENTION = re.compile(r"(?<![\w.+-])@(?=(?P<name>\w+(?:[.+-]\w+)*))")
WORD = re.compile(r"\w")
STAFF = (User.Role.TECHNICIAN, User.Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Mentions:
    """The colleagues whom a text mentions, each once, and the names in it that are not those of one colleague."""

    people: list[User]
    unclear: list[str]


def mentions_in(text: str) -> Mentions:
    """Return the first MENTIONS of `text`. Colleagues are active staff. One statement, and none without an @.

    A longer name counts before a shorter one, and of the same length a username before a name. A first name that
    several colleagues have counts for none of them, unless the last name follows.
    """
    found = list(MENTION.finditer(text))[: limits.MENTIONS]
    staff = list(_named({match["name"] for match in found})) if found else []
    meant = [(match["name"], _only_one(match["name"], text[match.end() :], staff)) for match in found]
    return Mentions(
        people=list(dict.fromkeys(person for _name, person in meant if person)),
        unclear=list(dict.fromkeys(name for name, person in meant if not person)),
    )


def _named(names: set[str]) -> Iterable[User]:
    """Return the colleagues whose names contain one of `names`, folded: databases compare accents differently."""
    asked = Q()
    for name in filter(None, map(fold, names)):
        asked |= Q(name_folded__contains=name)
    return User.objects.filter(asked, role__in=STAFF, is_active=True).order_by("pk")


def _only_one(name: str, rest: str, staff: Iterable[User]) -> User | None:
    """Return the one of `staff` whom `rest`, the text after an @, names first; None where that is not one person."""
    text = fold(rest)
    usernames = {person: fold(person.username) for person in staff}
    named = [person for person in staff if person.first_name]
    ways: list[dict[User, str]] = [
        {person: username for person, username in usernames.items() if username == fold(name)},
        {person: fold(person.get_full_name()) for person in named},
        {person: fold(person.first_name) for person in named},
    ]
    # Of names of one length the first way counts.
    _length, people = max((_longest(names, text) for names in ways), key=itemgetter(0))
    return people[0] if len(people) == 1 else None


def _longest(names: Mapping[User, str], text: str) -> tuple[int, list[User]]:
    """Return the length of the longest of `names` that `text` begins with, and whose it is. A name ends where a word
    does."""
    found = [name for name in names.values() if text.startswith(name) and not WORD.match(text, len(name))]
    longest = max(found, key=len, default="")
    return len(longest), [person for person, name in names.items() if longest and name == longest]
