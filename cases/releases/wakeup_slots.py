"""Slots of 50 milliseconds on the portal's wall clock. A few wake-ups serve all cases of a slot (docs/releases.md)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.db import connection
from django.db.models import Q

from cases.core import schedule
from cases.db.slot_sql import COLUMNS, FIRST_OF_EACH_SLOT, LAST_MOMENT, LENGTH
from cases.models import Case
from cases.models.case_states import SCHEDULED


@dataclass(frozen=True)
class Slot:
    """The slot with that number in a day. It includes its last moment, so that slots end at whole seconds."""

    date: dt.date
    number: int

    @classmethod
    def of(cls, case: Case) -> Self:
        """Return the slot of the schedule of `case`. ValueError if it has none."""
        if case.schedule is None:
            raise ValueError("A case without a schedule has no slot.")
        return cls.at(case.schedule.date, case.schedule.time)

    @classmethod
    def at(cls, date: dt.date, time: dt.time | None) -> Self:
        """Return the slot of that schedule."""
        return cls(date, -(-_microseconds(time or settings.RELEASE_TIME_OF_DAY) // LENGTH))

    @property
    def ends(self) -> dt.datetime:
        """The aware datetime at which all its schedules have been reached."""
        return schedule.instant(self.date, self._until)

    @property
    def schedules(self) -> Q:
        """The scheduled cases of this slot."""
        first = _time(max(0, (self.number - 1) * LENGTH + 1))
        times = Q(scheduled_release_time__gte=first, scheduled_release_time__lte=self._until)
        if first <= settings.RELEASE_TIME_OF_DAY <= self._until:
            times |= Q(scheduled_release_time__isnull=True)
        return SCHEDULED & Q(scheduled_release_date=self.date) & times

    @property
    def _until(self) -> dt.time:
        return _time(min(self.number * LENGTH, LAST_MOMENT))


def first_of_each_slot(*, begin: dt.datetime, end: dt.datetime, limit: int) -> list[Case]:
    """Return the earliest pending case of each slot from `begin` to `end`, up to `limit`.

    Both are naive, on the portal's wall clock. Only schedule and revisions are loaded. Takes two statements per day,
    whose cost depends on the number of slots.
    """
    found: list[Case] = []
    day = begin.date()
    while day <= end.date():
        first = begin.time() if day == begin.date() else dt.time.min
        last = end.time() if day == end.date() else dt.time.max
        found += _with_a_time(day, first, last, limit)
        if first <= settings.RELEASE_TIME_OF_DAY <= last:
            found += _without_a_time(day, limit)
        day += dt.timedelta(days=1)
    return found


def _without_a_time(day: dt.date, limit: int) -> Iterable[Case]:
    cases = Case.objects.filter(SCHEDULED, scheduled_release_date=day, scheduled_release_time__isnull=True)
    return cases.order_by("scheduled_release_date", "scheduled_release_time", "pk").only(*COLUMNS)[:limit]


def _with_a_time(day: dt.date, first: dt.time, last: dt.time, limit: int) -> Iterable[Case]:
    as_time = connection.ops.adapt_timefield_value
    values = {
        "day": connection.ops.adapt_datefield_value(day),
        "first": as_time(first),
        "last": as_time(last),
        "limit": limit,
    }
    return Case.objects.raw(FIRST_OF_EACH_SLOT[connection.vendor], values)


def _microseconds(time: dt.time) -> int:
    return ((time.hour * 60 + time.minute) * 60 + time.second) * 1_000_000 + time.microsecond


def _time(microseconds: int) -> dt.time:
    seconds, fraction = divmod(microseconds, 1_000_000)
    return dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60, fraction)
