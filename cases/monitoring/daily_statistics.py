"""The figures of days: counted once a minute by a task, read by everybody else.

A day that is over is counted once. Its releases are counted from history, which only grows: one stretch of the index
event_released_at. They come grouped by schedule and moment, so that a wave of thousands is a few rows here. What is
pending is counted whole, the one number that grows with it: by the sample of all cases, once a minute and not once a
look.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum

from cases.core import schedule
from cases.models import Case, OutgoingEmail, ReleaseDay, ReleaseEvent
from cases.models.case import HELD, RELEASED, SCHEDULED
from cases.models.release_day import average
from cases.monitoring import latency_histogram as lateness
from cases.selectors import case_counts

Source = ReleaseEvent.Source
# The longest period that can be looked at.
KEPT_DAYS = 90
# These release what is due; a person who releases chooses the moment, so that there is no lateness in it.
BY_SCHEDULE = {Source.ETA, Source.SWEEP, Source.COMMAND, Source.READ}
NO_TIME = dt.timedelta()
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
    def not_recorded(self) -> int:
        """Cases that were released, of which history does not say by what."""
        return sum(day.not_recorded for day in self.counted)

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
    for group in groups:
        released_by[group["source"]] += group["cases"]
        delay += group["delay"] or NO_TIME
        delay_cases += group["completed"]
        if group["source"] in BY_SCHEDULE and group["from_date"]:
            instant = schedule.instant(group["from_date"], group["from_time"])
            late[lateness.bucket((group["at"] - instant).total_seconds())] += group["cases"]
    return {
        "zone": settings.TIME_ZONE,
        "counted_at": now,
        "released": released_by.total(),
        "released_by": dict(released_by),
        "not_recorded": _not_recorded(start, end, groups),
        "delay_cases": delay_cases,
        "delay_seconds": round(delay.total_seconds()),
        "lateness": dict(late),
        "pending": _pending_at(end) if end <= now else _pending(),
        "mailed": OutgoingEmail.objects.filter(state="sent", sent__gte=start, sent__lt=end).count(),
    }


def _releases(start: dt.datetime, end: dt.datetime) -> QuerySet[Any, Any]:
    """The releases of that stretch of time as history has them, those of one batch and schedule in one row. What was
    taken back since is among them."""
    events = ReleaseEvent.objects.filter(kind=ReleaseEvent.Kind.RELEASED, at__gte=start, at__lt=end)
    # Completed after its release is what a hand has written, or what was completed again since.
    is_known = Q(case__date_completed__lte=F("at"))
    groups: QuerySet[Any, Any] = (
        events.order_by()
        .values("source", "release_batch", "at", "from_date", "from_time")
        .annotate(
            cases=Count("pk"),
            completed=Count("pk", filter=is_known),
            delay=Sum(F("at") - F("case__date_completed"), filter=is_known),
        )
    )
    return groups


def _not_recorded(start: dt.datetime, end: dt.datetime, recorded: list[dict[str, Any]]) -> int:
    """How many cases were released in that stretch of time and history does not say by what: by hand, or by a load.

    Batches are compared and not cases, of which there may be many.
    """
    cases = Case.objects.filter(RELEASED, actual_release_date__gte=start, actual_release_date__lt=end).order_by()
    batches = cases.values_list("release_batch", "actual_release_date").annotate(cases=Count("pk"))
    known: Counter[tuple[Any, Any]] = Counter()
    for group in recorded:
        known[group["release_batch"], group["at"]] += group["cases"]
    return sum(max(0, number - known[batch, at]) for batch, at, number in batches)


def _pending() -> int:
    """By the sample of all cases, which is taken anew if it is not fresh."""
    case_counts.count_again()
    return sum(total.cases for state, total in case_counts.latest_totals().items() if state in ("completed", "held"))


def _pending_at(moment: dt.datetime) -> int:
    """What was completed and not released at that past moment, as far as it can be told now."""
    then = Q(actual_release_date__gte=moment)
    later = Case.objects.filter(RELEASED, then, date_completed__lt=moment).count()
    return later + Case.objects.filter(SCHEDULED | HELD, date_completed__lt=moment).count()
