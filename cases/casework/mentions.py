"""The people a note mentions, with @ and a colleague's username, first name or full name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter

from django.db.models import Q

from cases.core import limits
from cases.core.folding import fold
from cases.lifecycle.former_technicians import AT_WORK
from cases.models import User

# An email address has letters before its @. The punctuation that ends a sentence is not part of a name.
MENTION = re.compile(r"(?<![\w.+-])@(?=(?P<name>\w+(?:[.+-]\w+)*))")
WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Mentions:
    """The colleagues whom a text mentions, each once, and the names in it that are not those of one colleague."""

    people: list[User]
    unclear: list[str]


def mentions_in(text: str) -> Mentions:
    """Return the first MENTIONS of `text`. Colleagues are active staff. One statement, and none without an @.

    A longer name takes precedence over a shorter one and, at the same length, a username over a name. A first name that
    several colleagues share counts for none of them, unless the last name follows.
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
    return User.objects.filter(asked, AT_WORK).order_by("pk")


def _only_one(name: str, rest: str, staff: Iterable[User]) -> User | None:
    """Return the person in `staff` that `rest`, the text after an @, begins with, or None if that is not exactly one
    person."""
    text = fold(rest)
    usernames = {person: fold(person.username) for person in staff}
    named = [person for person in staff if person.first_name]
    ways: list[dict[User, str]] = [
        {person: username for person, username in usernames.items() if username == fold(name)},
        {person: fold(person.get_full_name()) for person in named},
        {person: fold(person.first_name) for person in named},
    ]
    # Among names of the same length, the first way counts.
    _length, people = max((_longest(names, text) for names in ways), key=itemgetter(0))
    return people[0] if len(people) == 1 else None


def _longest(names: Mapping[User, str], text: str) -> tuple[int, list[User]]:
    """Return the length of the longest name in `names` that `text` begins with, and whose it is. A name ends where a
    word does."""
    found = [name for name in names.values() if text.startswith(name) and not WORD.match(text, len(name))]
    longest = max(found, key=len, default="")
    return len(longest), [person for person, name in names.items() if longest and name == longest]
