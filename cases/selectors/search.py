"""Search by case number, by words and, for staff, by member.

Numbers and names are found along indexes among all cases, so old cases are found as well as new ones. Each way returns
at most MAX_MATCHES cases. Staff search all texts of a case along an index (cases.db.search_index). Members search their
own cases one by one, in the texts that they may read now (cases.selectors.search_permissions).
"""

import itertools
from collections.abc import Sequence

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Length

from cases.core import limits
from cases.core.email_addresses import canonical
from cases.core.folding import fold
from cases.core.search_words import words_of
from cases.db import search_index
from cases.db.bulk import ids_as_rows
from cases.db.search_index import Alternatives
from cases.models import Case, CaseQuerySet, User
from cases.models.case import ID_LETTERS
from cases.models.case_search_words import member_mark

MAX_MATCHES = 1000
MAX_PEOPLE = 50
# A shorter prefix matches too many numbers. Two letters after the "C-" leave one case in a thousand.
MIN_NUMBER_LENGTH = 4
# The longest number that the portal generates, without its "C-".
NUMBER_LETTERS = 10
# People type dashes and spaces, or leave them out. No number has O, I or L: people read 0 and 1 as those.
SEPARATORS = str.maketrans("", "", "- ")
MISREAD = str.maketrans("OIL", "011")


def people_matching(people: QuerySet[User], text: str) -> QuerySet[User]:
    """Return those of `people` with each word of `text` somewhere in a name, the username or the address."""
    for word in text.split():
        people = people.filter(_contains("name_folded", word) | Q(email__icontains=word))
    return people


def possible_numbers(text: str) -> set[str]:
    """Return the case numbers, or their prefixes, that a person may mean by `text`.

    It may be in small letters, have O for 0 or I for 1, spaces, no dash or no "C-". `text` itself is among them: a
    number may come from another system.
    """
    typed = fold(text).upper().translate(SEPARATORS).translate(MISREAD)
    bare = [rest for rest in (typed, typed.removeprefix("C")) if rest and set(rest) <= set(ID_LETTERS)]
    return {text, text.upper(), *(f"C-{rest}" for rest in bare if len(rest) <= NUMBER_LETTERS)}


def known_to(user: User, people: QuerySet[User]) -> QuerySet[User]:
    """Return those of `people` whom `user`, who is staff, may look up: for technicians members of cases they see."""
    if user.is_administrator:
        return people
    theirs = Case.objects.visible_to(user).filter(member=OuterRef("pk")).order_by("member_id", "-pk")
    latest = Subquery(theirs.values("pk")[:1])
    return people.filter(role=User.Role.MEMBER).annotate(latest=latest).filter(latest__isnull=False)


def find_members(text: str, user: User, most: int = MAX_PEOPLE) -> list[User]:
    """Return the first `most` members with that name, username or address whom `user`, who is staff, may look up."""
    return list(known_to(user, find_people(text)).filter(role=User.Role.MEMBER).order_by("username")[:most])


def member_called(text: str, user: User) -> list[User]:
    """Return the member with exactly that username or address whom `user`, who is staff, may look up; none or one."""
    exactly = User.objects.filter(Q(username=text) | Q(email_canonical=canonical(text)), role=User.Role.MEMBER)
    return list(known_to(user, exactly).order_by("pk")[:1])


def find_people(text: str) -> QuerySet[User]:
    """Return the newest people with a name that begins with each word of `text`, or with an address that begins so."""
    words = words_of(text.partition("@")[0])
    keys = search_index.PEOPLE.newest([_beginning(word) for word in words], MAX_MATCHES)
    people = User.objects.filter(pk__in=ids_as_rows(keys))
    return people.filter(email__istartswith=text.strip()) if "@" in text else people


def number_starts_with(text: str) -> Q:
    """Match the cases whose number is one of `possible_numbers`, or starts with one."""
    meant = possible_numbers(text)
    numbers = [_starts_with(prefix) for prefix in meant if len(prefix) >= MIN_NUMBER_LENGTH]
    return Q(Q(external_case_id__in=meant), *numbers, _connector=Q.OR)


def find_by_number(cases: CaseQuerySet, text: str) -> tuple[set[int], bool]:
    """Return the keys of those of `cases` whose number starts with `text`, and False.

    Where `text` is the whole number of some cases, return only their keys, and True.
    """
    # The shortest is the whole number. No index has this order, so the planner filters first and does not walk one.
    found = cases.filter(number_starts_with(text)).order_by(Length("external_case_id"), "pk")
    numbers = dict(found.values_list("pk", "external_case_id")[:MAX_MATCHES])
    meant = possible_numbers(text)
    whole = {pk for pk, number in numbers.items() if number in meant}
    return whole or set(numbers), bool(whole)


def asked_words(text: str, user: User) -> list[Alternatives]:
    """Return what a case must have for each word of `text`: the word, or for staff a member with that name.

    Nothing where no case can have it: without a word, and for an address that no member has.
    """
    words = words_of(text)
    if user.is_member:
        return [_beginning(word) for word in words]
    if "@" in text:
        members = find_members(text, user)
        return [((), [member_mark(person.pk) for person in members])] if members else []
    return [((word,), members) for word, members in zip(words, _members_named(words), strict=True)]


def find_by_words(asked: Sequence[Alternatives]) -> tuple[list[int], bool]:
    """Return the keys of the newest MAX_MATCHES cases with all words `asked`, and whether there may be more.

    In any text of a case: for staff only, and before the visibility rule.
    """
    keys = search_index.CASES.newest(asked, MAX_MATCHES)
    return keys, len(keys) == MAX_MATCHES


def _contains(column: str, text: str) -> Q:
    """Match rows with `text` in a folded column. Match none where `text` folds to nothing, which any text contains."""
    folded = fold(text)
    return Q((f"{column}__contains", folded)) if folded else Q(pk__in=[])


def _starts_with(prefix: str) -> Q:
    """Match the numbers with `prefix`, bounded by a range of the unique index.

    The range holds in the collation of any language: numbers are ASCII, and the small z sorts last. The `_like` index
    that PostgreSQL would use is not kept, because it would slow down a wave.
    """
    last = prefix + "z" * limits.CASE_NUMBER
    return Q(external_case_id__gte=prefix, external_case_id__lte=last, external_case_id__startswith=prefix)


def _members_named(words: Sequence[str]) -> list[list[str]]:
    """Return for each of `words` the marks of MAX_PEOPLE members with such a name.

    First come those who have the other words too, or a neighbor of the word. The newest with a common first name, or
    with a common surname, need not include who is meant by both.
    """
    groups = _groups(words)
    asked = [[_beginning(words[at]) for at in group] for group in groups]
    found = search_index.PEOPLE.newest_of_each(asked, MAX_PEOPLE)
    named = [
        dict.fromkeys(key for group, keys in zip(groups, found, strict=True) if at in group for key in keys)
        for at in range(len(words))
    ]
    return [[member_mark(key) for key in itertools.islice(keys, MAX_PEOPLE)] for keys in named]


def _groups(words: Sequence[str]) -> list[Sequence[int]]:
    """Return the places of words that may name one person: all of them, each two neighbors, each alone."""
    count = len(words)
    wider = [range(count)] if count > 2 else []
    return [*wider, *(range(at, at + 2) for at in range(count - 1)), *(range(at, at + 1) for at in range(count))]


def _beginning(word: str) -> Alternatives:
    return (word,), ()
