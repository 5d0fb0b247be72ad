"""Who stands in for a technician who is away (docs/absences.md).

A deputy has the rights of the assigned technician. If a deputy is away too, that person's deputy stands in for both. If
deputies form a circle, each person counts once. A deputy whose account was deactivated, or who is no longer a
technician, does not count.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

from cases.core import schedule
from cases.core.clock import hosts_now, portal_now
from cases.models import Absence, Case, User

# The host's clock is off by less than this.
TWO_DAYS = dt.timedelta(days=2)


def deputies_of(technicians: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return the keys of everyone who stands in, for each of `technicians` who is away today.

    One statement for each step of the longest chain, and one more.
    """
    return _follow(set(technicians), "technician_id", "deputy_id")


def named_deputies(technicians: Iterable[int]) -> dict[int, list[User]]:
    """Do the same as `deputies_of`, with the people in the order of their names.

    One statement while none of `technicians` is away.
    """
    asked = set(technicians)
    if not asked or not _nearly_today().filter(technician__in=asked).exists():
        return {}
    found = deputies_of(asked)
    people = User.objects.in_bulk(set().union(*found.values()))
    return {
        technician: sorted((people[each] for each in deputies), key=lambda person: person.display_name)
        for technician, deputies in found.items()
    }


def covers(people: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return the keys of those they stand in for, for each of `people` who does so today.

    The inverse of `deputies_of`. One statement for each step of the longest chain, and one more.
    """
    return _follow(set(people), "deputy_id", "technician_id")


def stands_in_for(person: User) -> frozenset[int]:
    """Return the keys of the technicians for whom `person` stands in today.

    It is read once per instance of `person`. A verb locks its people and therefore has fresh instances.
    """
    read_standing_in([person])
    return person.standing_in or frozenset()


def read_standing_in(people: Iterable[User]) -> None:
    """Read the result of `stands_in_for` for all `people` together. One statement if none of them stands in."""
    unknown = [person for person in people if person.standing_in is None]
    found = _standing_in({person.pk for person in unknown if person.is_technician and person.is_active})
    for person in unknown:
        person.standing_in = found.get(person.pk, frozenset())


def is_assigned(by: User, case: Case) -> bool:
    """Tell whether `by` has the rights of the technician of `case`, because it is theirs or they stand in today."""
    if case.assigned_to_id is None:
        return False
    return case.assigned_to_id == by.pk or case.assigned_to_id in stands_in_for(by)


def _standing_in(people: set[int]) -> dict[int, frozenset[int]]:
    if not people or not _nearly_today().filter(deputy__in=people).exists():
        return {}
    return covers(people)


def absence_today(technician: User) -> Absence | None:
    """Return the absence of `technician` today with its deputy, or None if they are at work."""
    return _today(_nearly_today().filter(technician=technician).select_related("deputy")).get(technician.pk)


def away_until() -> dict[int, dt.date]:
    """Return the last day of those who are away today, by the key of the person."""
    return {technician: absence.last_day for technician, absence in _today(_nearly_today()).items()}


def covered_by(person: User) -> list[Absence]:
    """Return today's absences of those for whom `person` stands in, with the technicians, ordered by who is back
    first."""
    technicians = stands_in_for(person)
    if not technicians:
        return []
    away = _away_today().filter(technician__in=technicians).select_related("technician")
    return list(away.order_by("last_day", "pk"))


def begun_after(day: dt.date) -> QuerySet[Absence]:
    """Return the absences of today that began after `day`, with both people."""
    now = today()
    # Found first, because together with the people the database may go through all technicians.
    begun = Absence.objects.filter(last_day__gte=now, first_day__gt=day, first_day__lte=now).values_list("pk")
    theirs = _away_today().filter(pk__in=[pk for (pk,) in begun]).select_related("technician", "deputy")
    return theirs.order_by("first_day", "pk")


def today() -> dt.date:
    """Return the present day of the portal."""
    return schedule.date_of(portal_now())


def _away_today() -> QuerySet[Absence]:
    """Return the technicians' absences of today whose deputy can work. A deactivated technician can have one too."""
    day, technician = today(), User.Role.TECHNICIAN
    away = Absence.objects.filter(first_day__lte=day, last_day__gte=day, technician__role=technician)
    return away.filter(deputy__is_active=True, deputy__role=technician)


def _nearly_today() -> QuerySet[Absence]:
    """Return the absences of these days by the host's clock. Usually there are none, and the portal's clock need not be
    read."""
    day = schedule.date_of(hosts_now())
    return Absence.objects.filter(first_day__lte=day + TWO_DAYS, last_day__gte=day - TWO_DAYS)


def _today(nearly: QuerySet[Absence]) -> dict[int, Absence]:
    """Return those of today, by technician. Takes one statement where there are none."""
    found = list(nearly)
    day = today() if found else dt.date.min
    return {absence.technician_id: absence for absence in found if absence.first_day <= day <= absence.last_day}


def _follow(asked: set[int], start: str, end: str) -> dict[int, frozenset[int]]:
    """Return what each of `asked` reaches over today's absences, from the column `start` to the column `end`."""
    if not asked:
        return {}
    away = _away_today()
    steps: dict[int, set[int]] = defaultdict(set)
    seen, unknown = set[int](), set(asked)
    while unknown:
        seen |= unknown
        for first, second in away.filter(**{f"{start}__in": unknown}).values_list(start, end):
            steps[first].add(second)
        unknown = {each for reached in steps.values() for each in reached} - seen
    return {person: reached for person in asked if (reached := _reached(person, steps))}


def _reached(person: int, steps: Mapping[int, set[int]]) -> frozenset[int]:
    found: set[int] = set()
    new = set(steps.get(person, ()))
    while new:
        found |= new
        new = {each for passed in new for each in steps.get(passed, ())} - found
    return frozenset(found - {person})
