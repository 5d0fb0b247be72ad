"""The cases before and after one in a list, which may have changed since it was shown."""

from dataclasses import dataclass

from cases.models import CaseQuerySet

# How many rows before and after its place to search for a case.
AROUND = 50


@dataclass(frozen=True)
class Neighbor:
    """A case next to another in a list, and its place there, counted from 1."""

    pk: int
    place: int


@dataclass(frozen=True)
class Neighbors:
    """What comes before and after a case in a list. None at its ends."""

    previous: Neighbor | None = None
    next: Neighbor | None = None


def neighbors_of(pk: int, cases: CaseQuerySet, place: int) -> Neighbors:
    """Return the neighbors of the case `pk`, which was at `place` of the ordered `cases`, counted from 1.

    If the case has left the list, the case that took its place comes next. One statement.
    """
    first = max(1, place - AROUND)
    keys = list(cases.values_list("pk", flat=True)[first - 1 : place + AROUND])
    # Outside of the list, before what is now at its place: as many rows come before it as did.
    before, after = (place - first, place - first)
    if pk in keys:
        before = keys.index(pk)
        after = before + 1
    return Neighbors(_at(keys, before - 1, first), _at(keys, after, first))


def _at(keys: list[int], index: int, first: int) -> Neighbor | None:
    return Neighbor(keys[index], first + index) if 0 <= index < len(keys) else None
