"""Whom a note mentions: @ and a username, or the first or the whole name of a colleague."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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

    A username counts before a name, and a longer name before a shorter one. A first name that several colleagues have
    counts for none of them, unless the last name follows.
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
    named = [person for person in staff if person.first_name]
    by_username = [person for person in staff if fold(person.username) == fold(name)]
    by_whole_name = _longest({person: fold(person.get_full_name()) for person in named}, text)
    by_first_name = _longest({person: fold(person.first_name) for person in named}, text)
    people = by_username or by_whole_name or by_first_name
    return people[0] if len(people) == 1 else None


def _longest(names: Mapping[User, str], text: str) -> list[User]:
    """Return the people with the longest of `names` that `text` begins with. A name ends where a word does."""
    found = [name for name in names.values() if text.startswith(name) and not WORD.match(text, len(name))]
    longest = max(found, key=len, default=None)
    return [person for person, name in names.items() if name == longest]
