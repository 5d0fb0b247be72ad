"""Search by case number, by words of a title and, for staff, by member.

Numbers and names are found along indexes among all cases, so old cases are found as well as new ones. Each way gives at
most MAX_MATCHES cases.
"""

from django.db.models import Q, QuerySet
from django.db.models.functions import Length

from cases.core.folding import fold
from cases.models import CaseQuerySet, User
from cases.models.case import ID_LETTERS

MAX_MATCHES = 1000
MAX_PEOPLE = 50
# A shorter prefix matches too many numbers. Two letters after the "C-" leave one case in a thousand.
MIN_NUMBER_LENGTH = 4
# One or two letters are in every other name.
MIN_NAME_LENGTH = 3
# The longest number that the portal generates, without its "C-".
NUMBER_LETTERS = 10
# People type dashes and spaces, or leave them out. No number has O, I or L: people read 0 and 1 as those.
SEPARATORS = str.maketrans("", "", "- ")
MISREAD = str.maketrans("OIL", "011")
ADDRESS_CONTAINS = "email__icontains"
# A word such as "mail" or "example" is in everybody's address.
ADDRESS_STARTS_WITH = "email__istartswith"


def title_contains(text: str) -> Q:
    """Match the cases with `text` in their title."""
    return _contains("title_folded", text)


def people_matching(people: QuerySet[User], text: str, of_address: str = ADDRESS_CONTAINS) -> QuerySet[User]:
    """Return those of `people` with each word of `text` in a name, the username or, by `of_address`, the address."""
    for word in text.split():
        people = people.filter(_contains("name_folded", word) | Q((of_address, word)))
    return people


def possible_numbers(text: str) -> set[str]:
    """Return the case numbers, or their prefixes, that a person may mean by `text`.

    It may be in small letters, have O for 0 or I for 1, spaces, no dash or no "C-". `text` itself is among them: a
    number may come from another system.
    """
    typed = fold(text).upper().translate(SEPARATORS).translate(MISREAD)
    bare = [rest for rest in (typed, typed.removeprefix("C")) if rest and set(rest) <= set(ID_LETTERS)]
    return {text, text.upper(), *(f"C-{rest}" for rest in bare if len(rest) <= NUMBER_LETTERS)}


def find_members(text: str, most: int = MAX_PEOPLE) -> list[User]:
    """Return the first `most` members with that name, username or address."""
    people = User.objects.filter(role=User.Role.MEMBER)
    return list(people_matching(people, text, ADDRESS_STARTS_WITH).order_by("username")[:most])


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


def find_by_member(cases: CaseQuerySet, text: str) -> set[int]:
    """Return the keys of those of `cases` whose member has that name. For staff only: members do not search names."""
    people = [person.pk for person in find_members(text)] if len(text) >= MIN_NAME_LENGTH else []
    # This is the order of case_member_latest. It leaves the planner no other index.
    theirs = cases.filter(member_id__in=people).order_by("member_id", "-pk")
    return set(theirs.values_list("pk", flat=True)[:MAX_MATCHES])


def _contains(column: str, text: str) -> Q:
    """Match rows with `text` in a folded column. Match none where `text` folds to nothing, which any text contains."""
    folded = fold(text)
    return Q((f"{column}__contains", folded)) if folded else Q(pk__in=[])


def _starts_with(prefix: str) -> Q:
    """Match the numbers with `prefix`, bounded by a range of the unique index.

    The range holds in the collation of any language: numbers are ASCII, and the small z sorts last. The `_like` index
    that PostgreSQL would use is not kept, because it would slow down a wave.
    """
    last = prefix + "z" * 64
    return Q(external_case_id__gte=prefix, external_case_id__lte=last, external_case_id__startswith=prefix)
