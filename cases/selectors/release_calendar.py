"""The release calendar: for each day the cases scheduled for it, and those released on it.

The cost follows the days and the rows shown. A day is counted up to MAX_COUNTED, in one range of one index.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from django.db.models import prefetch_related_objects

from cases.core import schedule
from cases.core.calendar_periods import DAY
from cases.core.numbers import grouped
from cases.core.release_days import ClosedDay
from cases.db.first_rows import first_rows
from cases.lifecycle import permissions
from cases.lifecycle.closed_days import days_between
from cases.lifecycle.permissions import Action
from cases.lifecycle.visible_case import VisibleCase
from cases.models import Case, CaseQuerySet, User
from cases.models.case_queryset import RELEASED, SCHEDULED
from cases.selectors import pagination
from cases.selectors.pagination import CappedCount


class Kind(StrEnum):
    """Why a case is on a day."""

    SCHEDULED = "scheduled"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Entry:
    """A case on the calendar of one viewer. `version` and `movable` are for moving it to another day."""

    case: VisibleCase
    version: int
    movable: bool
    today: dt.date

    @classmethod
    def of(cls, case: Case, *, to: User, now: dt.datetime) -> Self:
        """Return `case` as `to` may see and move it at `now`. It comes from `visible_to(to)` with its people."""
        movable = Action.RESCHEDULE in permissions.allowed(by=to, case=case, now=now)
        return cls(VisibleCase.of(case, to=to), case.version, movable, schedule.date_of(now))

    @property
    def at(self) -> dt.datetime | None:
        """The aware datetime at which it was or will be released."""
        return self.case.actual_release_date or self.case.scheduled_for

    @property
    def is_late(self) -> bool:
        """Whether it was scheduled for an earlier day and is not released."""
        date = self.case.scheduled_release_date
        return self.case.actual_release_date is None and date is not None and date < self.today


@dataclass(frozen=True, slots=True)
class Slot:
    """The cases of one kind on one day: the first ones, and how many there are, counted up to MAX_COUNTED + 1."""

    kind: Kind
    entries: list[Entry]
    count: int

    @property
    def counted(self) -> str:
        """The count for people."""
        return str(CappedCount(self.count))

    @property
    def more_count(self) -> int:
        """How many are not among `entries`, as far as they were counted."""
        return min(self.count, pagination.MAX_COUNTED) - len(self.entries)

    @property
    def more(self) -> str:
        """The same for people; empty where there are no more."""
        more = self.more_count
        return f"{grouped(more)}{'+' if CappedCount(self.count).is_capped else ''}" if more > 0 else ""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar. `closed` says why no release can be scheduled for it."""

    date: dt.date
    slots: list[Slot]
    closed: ClosedDay | None

    @property
    def closed_name(self) -> str:
        """What the holiday or blackout day is called. Empty for weekends, which a name in each cell would hide."""
        return self.closed.name if self.closed and not self.closed.is_weekend else ""

    @property
    def is_empty(self) -> bool:
        return not any(slot.count for slot in self.slots)


def kinds_of(date: dt.date, *, today: dt.date) -> list[Kind]:
    """Return what a day can hold: releases for past days, schedules for future days, both for today.

    What is overdue counts as today's: it is released next.
    """
    if date == today:
        return [Kind.SCHEDULED, Kind.RELEASED]
    return [Kind.RELEASED if date < today else Kind.SCHEDULED]


def on_day(cases: CaseQuerySet, date: dt.date, kind: Kind, *, today: dt.date) -> CaseQuerySet:
    """Return those of `cases` that are on that day of the portal's calendar: one range of an index, in its order."""
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
    """Return the days of `dates` at `now`, each with up to `rows` entries of each kind.

    `dates` follow one another. `whose` are the cases, from `visible_to(to)` with their people. Takes three statements,
    however many days and cases.
    """
    today = schedule.date_of(now)
    places = [(date, kind) for date in dates for kind in kinds_of(date, today=today)]
    found = first_rows(
        [on_day(whose, date, kind, today=today) for date, kind in places], rows=rows, cap=pagination.MAX_COUNTED + 1
    )
    shown = entries_of(whose.filter(pk__in=[pk for ids, _ in found for pk in ids]), to=to, now=now)
    entry_by_pk = {entry.case.pk: entry for entry in shown}
    calendar = days_between(dates[0], dates[-1])
    days = {date: Day(date, [], calendar.closed(date)) for date in dates}
    for (date, kind), (ids, count) in zip(places, found, strict=True):
        # A case released or moved between the statements must not show twice or on the wrong day.
        entries = [entry_by_pk[pk] for pk in ids if pk in entry_by_pk and _kind_of(entry_by_pk[pk]) is kind]
        days[date].slots.append(Slot(kind, sorted(entries, key=_order), count))
    return list(days.values())


def entries_of(cases: Iterable[Case], *, to: User, now: dt.datetime) -> list[Entry]:
    """Return an entry for each of `cases`, in their order. They come from `visible_to(to)` with their people."""
    found = list(cases)
    prefetch_related_objects(found, "case_type")
    return [Entry.of(case, to=to, now=now) for case in found]


def _kind_of(entry: Entry) -> Kind:
    return Kind.RELEASED if entry.case.actual_release_date else Kind.SCHEDULED


def _order(entry: Entry) -> tuple[bool, dt.datetime | None, int]:
    return (entry.at is None, entry.at, entry.case.pk)
