"""What a word that is looked for may mean: the beginning of a number, a word of a title, to staff a member's name.

Numbers and names are found along indexes among all cases, so that an old one is found as well as a new one; each way
gives MOST cases at the utmost.
"""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

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
    """The cases whose number begins with `text`, in small letters or capitals, with its "C-" or without."""
    beginnings = {text, text.upper(), f"C-{text.upper()}"}
    numbers = [_begins(beginning) for beginning in beginnings if len(beginning) >= SHORTEST]
    return Q(*numbers, _connector=Q.OR) if numbers else Q(pk__in=[])


def beyond_titles(cases: CaseQuerySet, text: str, user: User) -> set[int]:
    """The keys of those of `cases`, which come from `visible_to(user)`, that staff find by number or by member."""
    if user.is_member:
        return set()
    keys = set(cases.filter(begins(text)).values_list("pk", flat=True)[:MOST])
    people = [person.pk for person in members(text)] if len(text) >= SHORTEST_NAME else []
    # In the order of case_member_latest, which leaves the planner no other index.
    theirs = cases.filter(member_id__in=people).order_by("member_id", "-pk")
    return keys | set(theirs.values_list("pk", flat=True)[:MOST])


def by_words(text: str, user: User) -> Q:
    """What is looked for case by case: the title, and to a member the number, of whose own cases there are few."""
    title = Q(title__icontains=text)
    return title | begins(text) if user.is_member else title


def _begins(beginning: str) -> Q:
    """With the stretch of the unique index that holds them all, in the order of any language's letters: numbers are of
    ASCII, of which the small z comes last. The `_like` index that PostgreSQL would take is not kept: a wave pays it."""
    last = beginning + "z" * 64
    return Q(external_case_id__gte=beginning, external_case_id__lte=last, external_case_id__startswith=beginning)
