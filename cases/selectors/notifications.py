"""What a person was told and may still know of: how much is unread, and the page that lists it by case.

The plan of the count is asserted in tests/unit/selectors/test_notification_plans.py.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from cases.core.numbers import capped
from cases.db.compiled_queries import PERSON, CompiledQuery
from cases.lifecycle.notification_words import count_queue, path, sentence
from cases.lifecycle.visible_case import VisibleCase
from cases.models import Case, Notification, User

Kind = Notification.Kind
# The bell counts up to this, and the page lists as many that are unread, and as many that were read last.
MAX_COUNTED = 99
UNREAD = Q(read_at__isnull=True)
QUEUE = Q(case__isnull=True)
# A release that was taken back, or made again, is not the one that was told.
OF_THIS_RELEASE = Q(case__actual_release_date__isnull=False, case__release_number=F("ref"))
NEWEST = "-pk"


@dataclass(frozen=True)
class Line:
    """One notification, in words."""

    notification: Notification
    text: str


@dataclass(frozen=True)
class Group:
    """The notifications about one case, the newest first. `case` is None for the queue."""

    case: VisibleCase | None
    lines: list[Line]

    @property
    def key(self) -> int:
        """The key of the newest one: it stands for all."""
        return self.lines[0].notification.pk

    @property
    def path(self) -> str:
        """Where the newest one leads."""
        return path(self.lines[0].notification)


def visible_to(person: User) -> list[QuerySet[Notification]]:
    """Return the notifications of `person` about what they may know of, in two parts: about cases, about the queue.

    A case is theirs to know of by the visibility rule (DESIGN rule 3). Two parts, because the database follows an
    index through the first one only without an alternative.
    """
    told = Notification.objects.filter(recipient=person.pk)
    known = Case.objects.visible_to(person).filter(pk=OuterRef("case_id"))
    about_cases = told.filter(Exists(known))
    if person.is_member:
        about_cases = about_cases.filter(~Q(kind=Kind.RELEASED) | OF_THIS_RELEASE)
    return [about_cases, told.filter(QUEUE)]


def count_unread(person: User) -> int:
    """Return how many notifications `person` has not read, up to MAX_COUNTED and one. One statement."""
    rows = _unread(person.role, settings.RELEASE_MEMBER_VIEW).fetch(person=person.pk)
    return min(sum(count for _part, count in rows), MAX_COUNTED + 1) if person.is_active else 0


def in_words(count: int) -> str:
    """Return a number of notifications as the bell writes it."""
    return capped(count, MAX_COUNTED)


def unread(person: User) -> list[Group]:
    """Return what `person` has not read, by case, the newest first."""
    return _groups(person, UNREAD)


def read(person: User) -> list[Group]:
    """Return what `person` has read, by case, the newest first."""
    return _groups(person, ~UNREAD)


def _groups(person: User, which: Q) -> list[Group]:
    """Takes three statements: the two parts, and their cases; and one where something waits in the queue."""
    found: list[Notification] = []
    for part in visible_to(person):
        found += part.filter(which).select_related("actor").order_by(NEWEST)[:MAX_COUNTED]
    found = sorted(found, key=lambda each: each.pk, reverse=True)[:MAX_COUNTED]
    cases = _cases([each.case_id for each in found if each.case_id], person)
    in_queue = count_queue(person) if any(each.case_id is None for each in found) else 0
    lines: dict[int | None, list[Line]] = {}
    for each in found:
        if each.case_id in cases or each.case_id is None:
            lines.setdefault(each.case_id, []).append(Line(each, sentence(each, to=person, in_queue=in_queue)))
    return [Group(cases.get(pk or 0), of_one) for pk, of_one in lines.items()]


def _cases(keys: Sequence[int], person: User) -> dict[int, VisibleCase]:
    cases = Case.objects.shown_to(person).filter(pk__in=set(keys)).order_by()
    return {case.pk: VisibleCase.of(case, to=person) for case in cases}


@functools.cache
def _unread(role: str, member_view: str) -> CompiledQuery:
    """Compile the count for a role. `member_view` is a setting, which the visibility rule reads."""
    parts = [part.filter(UNREAD).order_by(NEWEST) for part in visible_to(User(pk=PERSON, role=role))]
    return CompiledQuery.counts_of(*(part.values("pk")[: MAX_COUNTED + 1] for part in parts))
