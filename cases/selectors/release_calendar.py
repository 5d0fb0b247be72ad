"""The release calendar: for each day the cases scheduled for it, and those released on it.

The cost depends on the days and the rows shown. A day is counted up to MAX_COUNTED, in one range of one index.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, cast

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import prefetch_related_objects

from cases.core import schedule
from cases.core.calendar_periods import DAY
from cases.core.numbers import grouped
from cases.core.release_days import ClosedDay
from cases.db.first_rows import first_rows
from cases.lifecycle import permissions
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.closed_days import days_between
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseQuerySet, User
from cases.models.case_states import RELEASED, SCHEDULED
from cases.selectors import pagination
from cases.selectors.pagination import CappedCount, CappedPaginator


class EntryKind(StrEnum):
    """The reason why a case is on a day."""

    SCHEDULED = "scheduled"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
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
class DayGroup:
    """The cases of one kind on one day: the first ones, and how many there are, counted up to MAX_COUNTED + 1."""

    kind: EntryKind
    entries: list[CalendarEntry]
    count: int

    @property
    def counted(self) -> str:
        """The count for people."""
        return str(CappedCount(self.count))

    @property
    def more_count(self) -> int:
        """The number of cases that are not in `entries`, as far as they were counted."""
        return min(self.count, pagination.MAX_COUNTED) - len(self.entries)

    @property
    def more(self) -> str:
        """The same for people. Empty if there are no more."""
        return _more(self.more_count, is_capped=CappedCount(self.count).is_capped)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar. `closed` says why no release can be scheduled for it."""

    date: dt.date
    groups: list[DayGroup]
    closed: ClosedDay | None

    @property
    def closed_name(self) -> str:
        """The name of the holiday or blackout day. Empty for weekends, which would put a name in every cell."""
        return self.closed.name if self.closed and not self.closed.is_weekend else ""

    @property
    def is_empty(self) -> bool:
        return not any(group.count for group in self.groups)


def kinds_of(date: dt.date, *, today: dt.date) -> list[EntryKind]:
    """Return what a day can hold: releases for past days, schedules for future days, both for today.

    What is overdue counts as today's: it is released next.
    """
    if date == today:
        return [EntryKind.SCHEDULED, EntryKind.RELEASED]
    return [EntryKind.RELEASED if date < today else EntryKind.SCHEDULED]


def on_day(cases: CaseQuerySet, date: dt.date, kind: EntryKind, *, today: dt.date) -> CaseQuerySet:
    """Return those of `cases` that are on that day of the portal's calendar: one range of an index, in its order."""
    if kind is EntryKind.RELEASED:
        begin, end = schedule.start_of(date), schedule.start_of(date + DAY)
        that_day = cases.filter(RELEASED, actual_release_date__gte=begin, actual_release_date__lt=end)
        return that_day.order_by("actual_release_date", "id")
    waiting = cases.filter(SCHEDULED)
    if date == today:
        waiting = waiting.filter(scheduled_release_date__lte=date)
    else:
        waiting = waiting.filter(scheduled_release_date=date)
    return waiting.order_by("scheduled_release_date", "scheduled_release_time", "id")


def by_the_clock(cases: CaseQuerySet, date: dt.date, kind: EntryKind, *, today: dt.date) -> list[CaseQuerySet]:
    """Return `on_day` in consecutive parts in the order of the clock, each one range of an index.

    Cases without a time are released at RELEASE_TIME_OF_DAY. In an index they come first or last.
    """
    whole = on_day(cases, date, kind, today=today)
    if kind is EntryKind.RELEASED:
        return [whole]
    usual, that_day = settings.RELEASE_TIME_OF_DAY, whole.filter(scheduled_release_date=date)
    overdue = [whole.filter(scheduled_release_date__lt=date)] if date == today else []
    earlier = [that_day.filter(scheduled_release_time__lt=usual)] if usual > dt.time.min else []
    untimed = that_day.filter(scheduled_release_time__isnull=True)
    return [*overdue, *earlier, untimed, that_day.filter(scheduled_release_time__gte=usual)]


class DayPaginator(CappedPaginator[Case]):
    """Pages over the parts of a day, one after the other."""

    def __init__(self, parts: Sequence[CaseQuerySet]) -> None:
        Paginator.__init__(self, parts[0], pagination.PER_PAGE)
        self.parts = parts
        self.counts = [count for _, count in first_rows(parts, rows=0, cap=pagination.MAX_COUNTED + 1)]
        found = CappedCount(sum(self.counts))
        self.is_capped = found.is_capped
        self._count = min(found.number, pagination.MAX_COUNTED)

    def page(self, number: int | str) -> Page[Case]:
        """Return a page of what there is now."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        end = min(first + self.per_page, pagination.MAX_COUNTED)
        shown: list[Case] = []
        for part, count in zip(self.parts, self.counts, strict=True):
            if first < count and end > 0:
                shown += part[max(first, 0) : end]
            first, end = first - count, end - count
        return Page(shown[: self.per_page], number, self)


def more_after(page: Page[Case]) -> str:
    """Return how many cases come after a page of a day, for people; empty after the last one."""
    paginator = cast(DayPaginator, page.paginator)
    return _more(paginator.count - page.end_index(), is_capped=paginator.is_capped)


def _more(number: int, *, is_capped: bool) -> str:
    """Return "+46", or "997+" if counting stopped, or nothing if there are none."""
    if number <= 0:
        return ""
    return f"{grouped(number)}+" if is_capped else f"+{grouped(number)}"


def days_of(dates: Sequence[dt.date], *, whose: CaseQuerySet, to: User, rows: int, now: dt.datetime) -> list[Day]:
    """Return the days of `dates` at `now`, each with up to `rows` entries of each kind.

    `dates` follow one another. `whose` are the cases, from `visible_to(to)` with their people. Takes three statements,
    however many days and cases.
    """
    today = schedule.date_of(now)
    places = [(date, kind) for date in dates for kind in kinds_of(date, today=today)]
    found = first_rows(
        [on_day(whose, date, kind, today=today) for date, kind in places],
        parts_of=[by_the_clock(whose, date, kind, today=today) for date, kind in places],
        rows=rows,
        cap=pagination.MAX_COUNTED + 1,
    )
    shown = entries_of(whose.filter(pk__in=[pk for ids, _ in found for pk in ids]), to=to, now=now)
    entry_by_pk = {entry.case.pk: entry for entry in shown}
    calendar = days_between(dates[0], dates[-1])
    days = {date: Day(date, [], calendar.closed(date)) for date in dates}
    for (date, kind), (ids, count) in zip(places, found, strict=True):
        # A case released or moved between the statements must not show twice or on the wrong day.
        entries = [entry_by_pk[pk] for pk in ids if pk in entry_by_pk and _kind_of(entry_by_pk[pk]) is kind]
        days[date].groups.append(DayGroup(kind, sorted(entries, key=_order)[:rows], count))
    return list(days.values())


def entries_of(cases: Iterable[Case], *, to: User, now: dt.datetime) -> list[CalendarEntry]:
    """Return an entry for each of `cases`, in their order. They come from `visible_to(to)` with their people."""
    found = list(cases)
    prefetch_related_objects(found, "case_type")
    return [CalendarEntry.of(case, to=to, now=now) for case in found]


def _kind_of(entry: CalendarEntry) -> EntryKind:
    return EntryKind.RELEASED if entry.case.actual_release_date else EntryKind.SCHEDULED


def _order(entry: CalendarEntry) -> tuple[bool, dt.datetime | None, bool, int]:
    """Order by the clock. At the usual time, cases without their own time come first, as in `by_the_clock`."""
    return (entry.at is None, entry.at, entry.case.scheduled_release_time is not None, entry.case.pk)
