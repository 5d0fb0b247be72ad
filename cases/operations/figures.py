"""The figures of days: counted once a minute by a task, read by everybody else.

A day that is over is counted once. Its releases are one stretch of the index case_released, and come grouped by
schedule and moment, so that a wave of thousands is a few rows here. What is pending is counted whole, the one number
that grows with it: by the sample of all cases, once a minute and not once a look.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Min, Q, QuerySet, Sum

from cases import schedule, totals
from cases.models import Case, OutgoingEmail, ReleaseDay, ReleaseEvent
from cases.models.case import HELD, RELEASED, SCHEDULED
from cases.models.release_day import average
from cases.operations import lateness

Source = ReleaseEvent.Source
# The longest period that can be looked at.
KEPT_DAYS = 90
# These release what is due; a person who releases chooses the moment, so that there is no lateness in it.
BY_SCHEDULE = {Source.ETA, Source.SWEEP, Source.COMMAND, Source.READ}
NO_TIME = dt.timedelta()
SOURCES_AT_ONCE = 200
# The periodic task comes every minute; those that have waited in a queue together find the count fresh. Either way:
# a count from the future, by a clock that was set back, must not last until then.
LEAST_PAUSE = dt.timedelta(seconds=50)
# Counts are made once a minute; when several are missing somebody should look.
LONG_UNCOUNTED = 5 * dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Period:
    """The last days up to today, oldest first; None for a day that has not been counted yet."""

    days: dict[dt.date, ReleaseDay | None]
    now: dt.datetime

    @property
    def counted(self) -> list[ReleaseDay]:
        """The days that have been counted."""
        return [day for day in self.days.values() if day]

    @property
    def today(self) -> ReleaseDay | None:
        """The day that is not over, if it has been counted."""
        return list(self.days.values())[-1]

    @property
    def pending(self) -> int | None:
        """Completed and not released, when today was counted."""
        return self.today.pending if self.today else None

    @property
    def is_stale(self) -> bool:
        """Whether nobody has counted for a while: no figure is wrong, but today's are old."""
        return self.today is None or self.now - self.today.counted_at > LONG_UNCOUNTED

    @property
    def uncounted(self) -> int:
        """How many days are still to be counted."""
        return len(self.days) - len(self.counted)

    @property
    def released(self) -> int:
        """Cases that were released."""
        return sum(day.released for day in self.counted)

    @property
    def mailed(self) -> int:
        """E-mail rows that were sent."""
        return sum(day.mailed for day in self.counted)

    @property
    def released_by(self) -> Counter[str]:
        """Released cases by ReleaseEvent.Source."""
        total: Counter[str] = Counter()
        for day in self.counted:
            total.update(day.released_by)
        return total

    @property
    def average_delay(self) -> dt.timedelta | None:
        """From completion to release, over all released cases whose completion has a date."""
        return average(sum(day.delay_seconds for day in self.counted), sum(day.delay_cases for day in self.counted))

    def lateness(self, share: float) -> float | None:
        """Seconds after its instant that `share` of the releases by schedule did not exceed. None without any."""
        return lateness.percentile(lateness.added(day.lateness for day in self.counted), share)


def period(days: int, now: dt.datetime) -> Period:
    """The last `days` days in the portal's zone, today included. One statement."""
    wanted = list(reversed(list(_days_back(now, days))))
    found = ReleaseDay.objects.in_bulk(wanted)
    return Period({day: row if (row := found.get(day)) and _is_valid(row) else None for day in wanted}, now)


def update(now: dt.datetime, *, seconds: float = 2.0) -> int:
    """Counts today, and the days before it that are not final, latest first, until `seconds` have passed. What is left
    has its turn the next time. Returns how many days were counted."""
    ends = time.monotonic() + seconds
    rows = ReleaseDay.objects.in_bulk(list(_days_back(now, KEPT_DAYS)))
    counted = 0
    for day in _days_back(now, KEPT_DAYS):
        if counted and time.monotonic() > ends:
            break
        row = rows.get(day)
        if row and _is_valid(row) and (row.counted_at >= _end(day) or abs(now - row.counted_at) < LEAST_PAUSE):
            continue
        ReleaseDay.objects.update_or_create(day=day, defaults=_count(day, now))
        counted += 1
    return counted


def _days_back(now: dt.datetime, days: int) -> Iterator[dt.date]:
    today = schedule.reached(now).date()
    return (today - dt.timedelta(days=back) for back in range(days))


def _is_valid(row: ReleaseDay) -> bool:
    # After a change of TIME_ZONE the days begin elsewhere.
    return bool(row.zone == settings.TIME_ZONE)


def _start(day: dt.date) -> dt.datetime:
    return schedule.instant(day, dt.time.min)


def _end(day: dt.date) -> dt.datetime:
    return _start(day + dt.timedelta(days=1))


def _count(day: dt.date, now: dt.datetime) -> dict[str, Any]:
    """The columns of that day's row, as it is at `now`."""
    start, end = _start(day), _end(day)
    released_by: Counter[str] = Counter()
    late: Counter[int] = Counter()
    delay, delay_cases = NO_TIME, 0
    groups = list(_releases(start, end))
    sources = _sources([group["first"] for group in groups])
    for group in groups:
        source = sources[group["first"]]
        released_by[source] += group["cases"]
        delay += group["delay"] or NO_TIME
        delay_cases += group["completed"]
        if source in BY_SCHEDULE and group["scheduled_release_date"]:
            instant = schedule.instant(group["scheduled_release_date"], group["scheduled_release_time"])
            late[lateness.bucket((group["actual_release_date"] - instant).total_seconds())] += group["cases"]
    return {
        "zone": settings.TIME_ZONE,
        "counted_at": now,
        "released": released_by.total(),
        "released_by": dict(released_by),
        "delay_cases": delay_cases,
        "delay_seconds": round(delay.total_seconds()),
        "lateness": dict(late),
        "pending": _pending_at(end) if end <= now else _pending(),
        "mailed": OutgoingEmail.objects.filter(state="sent", sent__gte=start, sent__lt=end).count(),
    }


def _releases(start: dt.datetime, end: dt.datetime) -> QuerySet[Any, Any]:
    """The releases of that stretch of time which still hold, those of one batch and schedule in one row."""
    cases = Case.objects.filter(RELEASED, actual_release_date__gte=start, actual_release_date__lt=end)
    alike = ("release_batch", "actual_release_date", "scheduled_release_date", "scheduled_release_time")
    groups: QuerySet[Any, Any] = (
        cases.order_by()
        .values(*alike)
        .annotate(
            first=Min("pk"),
            cases=Count("pk"),
            completed=Count("date_completed"),
            delay=Sum(F("actual_release_date") - F("date_completed")),
        )
    )
    return groups


def _sources(case_ids: list[int]) -> dict[int, str]:
    """What released each of those cases the last time."""
    found: dict[int, str] = {}
    # Few at a time: for many PostgreSQL reads the whole history instead of its index.
    for begin in range(0, len(case_ids), SOURCES_AT_ONCE):
        events = ReleaseEvent.objects.filter(
            kind=ReleaseEvent.Kind.RELEASED, case_id__in=case_ids[begin : begin + SOURCES_AT_ONCE]
        )
        found.update(events.order_by("release_number").values_list("case_id", "source"))
    return found


def _pending() -> int:
    """By the sample of all cases, which is taken anew if it is not fresh."""
    totals.count_again()
    return sum(total.cases for state, total in totals.latest_totals().items() if state in ("completed", "held"))


def _pending_at(moment: dt.datetime) -> int:
    """What was completed and not released at that past moment, as far as it can be told now."""
    then = Q(actual_release_date__gte=moment)
    later = Case.objects.filter(RELEASED, then, date_completed__lt=moment).count()
    return later + Case.objects.filter(SCHEDULED | HELD, date_completed__lt=moment).count()
