"""What goes out when: of each day the cases that are scheduled for it, and those that were released on it.

Its cost follows the days and the rows that are shown. A day is counted up to a cap, in one stretch of one index.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from cases.core import schedule
from cases.core.calendar_periods import DAY
from cases.core.numbers import capped, grouped
from cases.db.first_rows import beginnings
from cases.lifecycle import permissions
from cases.lifecycle.permissions import Action
from cases.lifecycle.visible_case import SeenCase
from cases.models import Case, CaseQuerySet, User
from cases.models.case import RELEASED, SCHEDULED

# How far the cases of a day are counted; beyond it a day says "1,000+".
CAP = 1000


class Kind(StrEnum):
    """Why a case stands on a day."""

    SCHEDULED = "scheduled"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Entry:
    """A case on the calendar, for one viewer. `revision` and `movable` are for moving it to another day."""

    case: SeenCase
    revision: int
    movable: bool
    today: dt.date

    @classmethod
    def of(cls, case: Case, *, to: User, now: dt.datetime) -> Self:
        """`case`, which came from `visible_to(to)` with its people, as `to` may see and move it at `now`."""
        movable = Action.RESCHEDULE in permissions.allowed(by=to, case=case, now=now)
        return cls(SeenCase.of(case, to=to), case.schedule_revision, movable, schedule.date_of(now))

    @property
    def at(self) -> dt.datetime | None:
        """The aware datetime at which it was released or is to be released."""
        return self.case.actual_release_date or self.case.scheduled_for

    @property
    def is_late(self) -> bool:
        """Whether it was to be released on an earlier day and has not been."""
        date = self.case.scheduled_release_date
        return self.case.actual_release_date is None and date is not None and date < self.today


@dataclass(frozen=True, slots=True)
class Slot:
    """The cases of one kind on one day: the first of them, and how many there are, counted up to CAP + 1."""

    kind: Kind
    entries: list[Entry]
    count: int

    @property
    def counted(self) -> str:
        """The count for people."""
        return capped(self.count, CAP)

    @property
    def more_count(self) -> int:
        """How many are not among `entries`, as far as they are counted."""
        return min(self.count, CAP) - len(self.entries)

    @property
    def more(self) -> str:
        """The same for people; empty where all are."""
        more = self.more_count
        return f"{grouped(more)}{'+' if self.count > CAP else ''}" if more > 0 else ""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar."""

    date: dt.date
    slots: list[Slot]

    @property
    def is_empty(self) -> bool:
        return not any(slot.count for slot in self.slots)


def kinds_of(date: dt.date, *, today: dt.date) -> list[Kind]:
    """What a day can hold: past days what was released, days to come what is scheduled, today both.

    What should have gone out on a past day and has not is part of today: it goes out next.
    """
    if date == today:
        return [Kind.SCHEDULED, Kind.RELEASED]
    return [Kind.RELEASED if date < today else Kind.SCHEDULED]


def on_day(cases: CaseQuerySet, date: dt.date, kind: Kind, *, today: dt.date) -> CaseQuerySet:
    """Those of `cases` that stand on that day of the portal's calendar: one stretch of an index, in its order."""
    if kind is Kind.RELEASED:
        begin, end = schedule.start_of(date), schedule.start_of(date + DAY)
        that_day = cases.filter(RELEASED, actual_release_date__gte=begin, actual_release_date__lt=end)
        return that_day.order_by("-actual_release_date", "-id")
    waiting = cases.filter(SCHEDULED)
    if date == today:
        waiting = waiting.filter(scheduled_release_date__lte=date)
    else:
        waiting = waiting.filter(scheduled_release_date=date)
    return waiting.order_by("scheduled_release_date", "scheduled_release_time", "id")


def days_of(dates: Sequence[dt.date], *, whose: CaseQuerySet, to: User, rows: int, now: dt.datetime) -> list[Day]:
    """Those days with up to `rows` entries a kind, out of the cases `whose`, which come from `visible_to(to)` with
    their people, as it is at `now`. Two statements, however many days and cases.
    """
    today = schedule.date_of(now)
    places = [(date, kind) for date in dates for kind in kinds_of(date, today=today)]
    found = beginnings([on_day(whose, date, kind, today=today) for date, kind in places], rows=rows, cap=CAP + 1)
    shown = entries_of(whose.filter(pk__in=[pk for ids, _ in found for pk in ids]), to=to, now=now)
    entry_by_pk = {entry.case.pk: entry for entry in shown}
    days = {date: Day(date, []) for date in dates}
    for (date, kind), (ids, count) in zip(places, found, strict=True):
        # A case that was released or moved between the statements is not shown twice or on the wrong day.
        entries = [entry_by_pk[pk] for pk in ids if pk in entry_by_pk and _kind_of(entry_by_pk[pk]) is kind]
        days[date].slots.append(Slot(kind, sorted(entries, key=_order), count))
    return list(days.values())


def entries_of(cases: Iterable[Case], *, to: User, now: dt.datetime) -> list[Entry]:
    """An entry for each of `cases`, which come from `visible_to(to)` with their people, in their order."""
    return [Entry.of(case, to=to, now=now) for case in cases]


def _kind_of(entry: Entry) -> Kind:
    return Kind.RELEASED if entry.case.actual_release_date else Kind.SCHEDULED


def _order(entry: Entry) -> tuple[bool, dt.datetime | None, int]:
    return (entry.at is None, entry.at, entry.case.pk)
