"""What a word that is looked for may mean: the beginning of a number, a word of a title, to staff a member's name.

Numbers and names are found along indexes among all cases, so that an old one is found as well as a new one; each way
gives MOST cases at the utmost.
"""

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from cases.models import CaseQuerySet, User

MOST = 1000
PEOPLE = 50
# A shorter beginning is that of too many numbers: two letters after the "C-" leave one case in a thousand.
SHORTEST = 4
# One or two letters are in every other name.
SHORTEST_NAME = 3
NAMES = ("username__icontains", "first_name__icontains", "last_name__icontains")
ANYWHERE = (*NAMES, "email__icontains")
# A word such as "mail" or "example" is in everybody's address.
IN_FRONT = (*NAMES, "email__istartswith")


def named(people: QuerySet[User], text: str, places: Sequence[str] = ANYWHERE) -> QuerySet[User]:
    """Those of `people` with each word in some place: "Alex Morgan" is in two columns."""
    for word in text.split():
        people = people.filter(Q(*((place, word) for place in places), _connector=Q.OR))
    return people


def members(text: str, most: int = PEOPLE) -> list[User]:
    """The first members of that name, user name or address, of whom there may be more."""
    people = User.objects.filter(role=User.Role.MEMBER)
    return list(named(people, text, IN_FRONT).order_by("username")[:most])


def begins(text: str) -> Q:
    """The cases whose number is `text` or begins so, in small letters or capitals, with its "C-" or without."""
    beginnings = {text, text.upper(), f"C-{text.upper()}"}
    numbers = [_begins(beginning) for beginning in beginnings if len(beginning) >= SHORTEST]
    return Q(Q(external_case_id__in={text, text.upper()}), *numbers, _connector=Q.OR)


def by_number(cases: CaseQuerySet, text: str) -> tuple[set[int], bool]:
    """The keys of those of `cases` whose number begins with `text`, and False; where it is the whole number of some,
    of those alone, and True."""
    # The shortest is the whole number. No index has that order, for which all numbers might be read otherwise.
    found = cases.filter(begins(text)).order_by(Length("external_case_id"), "pk")
    numbers = dict(found.values_list("pk", "external_case_id")[:MOST])
    whole = {pk for pk, number in numbers.items() if number in (text, text.upper())}
    return whole or set(numbers), bool(whole)


def by_member(cases: CaseQuerySet, text: str) -> set[int]:
    """The keys of those of `cases` whose member has that name. For staff: a member searches no names."""
    people = [person.pk for person in members(text)] if len(text) >= SHORTEST_NAME else []
    # In the order of case_member_latest, which leaves the planner no other index.
    theirs = cases.filter(member_id__in=people).order_by("member_id", "-pk")
    return set(theirs.values_list("pk", flat=True)[:MOST])


def _begins(beginning: str) -> Q:
    """With the stretch of the unique index that holds them all, in the order of any language's letters: numbers are of
    ASCII, of which the small z comes last. The `_like` index that PostgreSQL would take is not kept: a wave pays it."""
    last = beginning + "z" * 64
    return Q(external_case_id__gte=beginning, external_case_id__lte=last, external_case_id__startswith=beginning)
