"""What a word that is looked for may mean: the beginning of a number, a word of a title, to staff a member's name.

Numbers and names are found along indexes among all cases, so that an old one is found as well as a new one; each way
gives MOST cases at the utmost.
"""

from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from cases.core.folding import fold
from cases.models import CaseQuerySet, User
from cases.models.case import ID_LETTERS

MOST = 1000
PEOPLE = 50
# A shorter beginning is that of too many numbers: two letters after the "C-" leave one case in a thousand.
SHORTEST = 4
# One or two letters are in every other name.
SHORTEST_NAME = 3
# The longest number that the portal makes, without its "C-".
NUMBER_LETTERS = 10
# Dashes and spaces are typed or left out. O, I and L are in no number: people read them in 0 and 1.
BETWEEN = str.maketrans("", "", "- ")
MISREAD = str.maketrans("OIL", "011")
ANYWHERE = "email__icontains"
# A word such as "mail" or "example" is in everybody's address.
IN_FRONT = "email__istartswith"


def titled(text: str) -> Q:
    """The cases with `text` in their title."""
    return _holds("title_folded", text)


def named(people: QuerySet[User], text: str, of_address: str = ANYWHERE) -> QuerySet[User]:
    """Those of `people` with each word in a name, in the user name, or in the address as `of_address` says."""
    for word in text.split():
        people = people.filter(_holds("name_folded", word) | Q((of_address, word)))
    return people


def numbers_meant(text: str) -> set[str]:
    """The numbers, or beginnings of such, that somebody means who types `text`: also in small letters, with O for 0 or
    I for 1, without the dash or the "C-", and with spaces. As it was typed too: a number may come from elsewhere."""
    typed = fold(text).upper().translate(BETWEEN).translate(MISREAD)
    bare = [rest for rest in (typed, typed.removeprefix("C")) if rest and set(rest) <= set(ID_LETTERS)]
    return {text, text.upper(), *(f"C-{rest}" for rest in bare if len(rest) <= NUMBER_LETTERS)}


def members(text: str, most: int = PEOPLE) -> list[User]:
    """The first members of that name, user name or address, of whom there may be more."""
    people = User.objects.filter(role=User.Role.MEMBER)
    return list(named(people, text, IN_FRONT).order_by("username")[:most])


def begins(text: str) -> Q:
    """The cases whose number is what `text` means, or begins so."""
    meant = numbers_meant(text)
    numbers = [_begins(beginning) for beginning in meant if len(beginning) >= SHORTEST]
    return Q(Q(external_case_id__in=meant), *numbers, _connector=Q.OR)


def by_number(cases: CaseQuerySet, text: str) -> tuple[set[int], bool]:
    """The keys of those of `cases` whose number begins with `text`, and False; where it is the whole number of some,
    of those alone, and True."""
    # The shortest is the whole number. No index has that order, for which all numbers might be read otherwise.
    found = cases.filter(begins(text)).order_by(Length("external_case_id"), "pk")
    numbers = dict(found.values_list("pk", "external_case_id")[:MOST])
    meant = numbers_meant(text)
    whole = {pk for pk, number in numbers.items() if number in meant}
    return whole or set(numbers), bool(whole)


def by_member(cases: CaseQuerySet, text: str) -> set[int]:
    """The keys of those of `cases` whose member has that name. For staff: a member searches no names."""
    people = [person.pk for person in members(text)] if len(text) >= SHORTEST_NAME else []
    # In the order of case_member_latest, which leaves the planner no other index.
    theirs = cases.filter(member_id__in=people).order_by("member_id", "-pk")
    return set(theirs.values_list("pk", flat=True)[:MOST])


def _holds(column: str, text: str) -> Q:
    """Those with `text` in a folded column; none where nothing of it can be seen, which any text would hold."""
    folded = fold(text)
    return Q((f"{column}__contains", folded)) if folded else Q(pk__in=[])


def _begins(beginning: str) -> Q:
    """With the stretch of the unique index that holds them all, in the order of any language's letters: numbers are of
    ASCII, of which the small z comes last. The `_like` index that PostgreSQL would take is not kept: a wave pays it."""
    last = beginning + "z" * 64
    return Q(external_case_id__gte=beginning, external_case_id__lte=last, external_case_id__startswith=beginning)
