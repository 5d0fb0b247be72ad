"""Daily statistics: a task counts them once a minute, pages and metrics read them.

A past day is counted once. Its releases come from history, which only grows: one range of the index event_released_at.
They are grouped by schedule and moment, so a wave of thousands is a few rows here. The number of pending cases is the
only one that costs more with more cases. It comes from the sample of all cases, once a minute.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from cases.core import schedule
from cases.models import Case, CaseEvent, OutgoingEmail, ReleaseDay
from cases.models.case_event import TAKEN_BACK
from cases.models.case_states import HELD, RELEASED, SCHEDULED
from cases.models.release_day import average
from cases.monitoring import first_view_delays, latency_histogram, sampled_totals
from cases.selectors import case_counts

Source = CaseEvent.Source
# The longest period that the operations page shows.
KEPT_DAYS = 90
# These release what is due. A person who releases a case chooses the moment, so that is never late.
BY_SCHEDULE = {Source.ETA, Source.SWEEP, Source.COMMAND, Source.READ}
NO_TIME = dt.timedelta()
# The number of missing counts after which the page says that the statistics are old.
STALE_AFTER = 5 * dt.timedelta(minutes=1)


@dataclass(frozen=True)
class PeriodStatistics:
    """The last days up to today, oldest first. None for a day that has not been counted yet."""

    days: dict[dt.date, ReleaseDay | None]
    now: dt.datetime

    @property
    def counted(self) -> list[ReleaseDay]:
        """The days that have been counted."""
        return [day for day in self.days.values() if day]

    @property
    def today(self) -> ReleaseDay | None:
        """Today, if it was counted."""
        return list(self.days.values())[-1]

    @property
    def pending(self) -> int | None:
        """Completed and not released, when today was counted."""
        return self.today.pending if self.today else None

    @property
    def is_stale(self) -> bool:
        """Whether no task has counted for a while, so that today's numbers are old. The others are still right."""
        return self.today is None or abs(self.now - self.today.counted_at) > STALE_AFTER

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
        """Email rows that were sent."""
        return sum(day.mailed for day in self.counted)

    @property
    def released_by(self) -> Counter[str]:
        """Released cases by CaseEvent.Source."""
        total: Counter[str] = Counter()
        for day in self.counted:
            total.update(day.released_by)
        return total

    @property
    def not_recorded(self) -> int:
        """Released cases for which history has no release."""
        return sum(day.not_recorded for day in self.counted)

    @property
    def average_delay(self) -> dt.timedelta | None:
        """The average time from completion to release, over released cases whose completion has a date."""
        return average(sum(day.delay_seconds for day in self.counted), sum(day.delay_cases for day in self.counted))

    def lateness(self, share: float) -> float | None:
        """Return the delay in seconds that `share` of the scheduled releases did not exceed, or None without any."""
        return latency_histogram.percentile(latency_histogram.merge(day.lateness for day in self.counted), share)

    @property
    def first_views(self) -> Counter[int]:
        """How long after their release cases were first seen, as a histogram."""
        return latency_histogram.merge(day.first_view_delays for day in self.counted)

    @property
    def first_seen(self) -> int:
        """Releases that were first seen."""
        return self.first_views.total()

    def first_view(self, share: float) -> float | None:
        """Return the seconds from release to first view that `share` of the first views did not exceed."""
        return latency_histogram.percentile(self.first_views, share)


def period(days: int, now: dt.datetime) -> PeriodStatistics:
    """Return the last `days` days in the portal's zone, today included. Takes one statement."""
    dates = list(reversed(list(_days_back(now, days))))
    found = ReleaseDay.objects.in_bulk(dates)
    return PeriodStatistics({day: row if (row := found.get(day)) and _is_valid(row) else None for day in dates}, now)


def update(now: dt.datetime, *, seconds: float = 2.0) -> int:
    """Count today and the earlier days that are not final, latest first, until `seconds` have passed.

    The next call counts what is left. Return how many days were counted.
    """
    ends = time.monotonic() + seconds
    rows = ReleaseDay.objects.in_bulk(list(_days_back(now, KEPT_DAYS)))
    counted = 0
    for day in _days_back(now, KEPT_DAYS):
        if counted and time.monotonic() > ends:
            break
        row = rows.get(day)
        if row and _is_valid(row) and _needs_no_count(row, now):
            continue
        counts = _count(day, now)
        if row and _is_valid(row):
            # Emails that came back since were still sent: a Prometheus counter never decreases.
            counts["mailed"] = max(row.mailed, counts["mailed"])
        ReleaseDay.objects.update_or_create(day=day, defaults=counts)
        counted += 1
    return counted


def _days_back(now: dt.datetime, days: int) -> Iterator[dt.date]:
    today = schedule.reached(now).date()
    return (today - dt.timedelta(days=back) for back in range(days))


def _is_valid(row: ReleaseDay) -> bool:
    # After a change of TIME_ZONE, days begin at a different moment.
    return bool(row.zone == settings.TIME_ZONE)


def _needs_no_count(row: ReleaseDay, now: dt.datetime) -> bool:
    """Tell whether the count of that day is final, or fresh. One from the future is neither: after the clock was set
    back, it must not stay fresh until then."""
    return _end(row.day) <= row.counted_at <= now or abs(now - row.counted_at) < sampled_totals.MIN_INTERVAL


def _start(day: dt.date) -> dt.datetime:
    return schedule.instant(day, dt.time.min)


def _end(day: dt.date) -> dt.datetime:
    return _start(day + dt.timedelta(days=1))


def _count(day: dt.date, now: dt.datetime) -> dict[str, Any]:
    """Return the columns of that day's row, as it is at `now`."""
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
            late[latency_histogram.bucket_of((group["at"] - instant).total_seconds())] += group["cases"]
    return {
        "zone": settings.TIME_ZONE,
        "counted_at": now,
        "released": released_by.total(),
        "released_by": dict(released_by),
        "not_recorded": _not_recorded(start, end, groups),
        "delay_cases": delay_cases,
        "delay_seconds": round(delay.total_seconds()),
        "lateness": dict(late),
        "first_view_delays": dict(first_view_delays.between(start, end)),
        "pending": _pending_at(end) if end <= now else _pending(),
        "mailed": OutgoingEmail.objects.filter(state="sent", sent__gte=start, sent__lt=end).count(),
    }


def _releases(start: dt.datetime, end: dt.datetime) -> QuerySet[Any, Any]:
    """Return the releases of that time from history, one row for each batch and schedule, including releases undone
    since.
    """
    events = CaseEvent.objects.filter(kind=CaseEvent.Kind.RELEASED, at__gte=start, at__lt=end)
    # A case that seems to be completed after its release was edited by hand, or completed again since.
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
    """Count the cases released in that time for which history has no release: edited by hand, or loaded.

    It compares batches, because there may be many cases.
    """
    cases = Case.objects.filter(RELEASED, actual_release_date__gte=start, actual_release_date__lt=end).order_by()
    batches = cases.values_list("release_batch", "actual_release_date").annotate(cases=Count("pk"))
    known: Counter[tuple[Any, Any]] = Counter()
    for group in recorded:
        known[group["release_batch"], group["at"]] += group["cases"]
    return sum(max(0, number - known[batch, at]) for batch, at, number in batches)


def _pending() -> int:
    """Return the number of pending cases from the sample of all cases. Refresh the sample if it is old."""
    sampled_totals.refresh()
    return sum(total.cases for state, total in case_counts.latest_totals().items() if state in ("scheduled", "held"))


def _pending_at(moment: dt.datetime) -> int:
    """Count the cases that were completed and not released at that past moment, as far as can be known now."""
    then = Q(actual_release_date__gte=moment)
    later = Case.objects.filter(RELEASED, then, date_completed__lt=moment).count()
    pending = Case.objects.filter(SCHEDULED | HELD, date_completed__lt=moment).count()
    return later + pending - _taken_back_since(moment)


def _taken_back_since(moment: dt.datetime) -> int:
    """Count the cases that were released at that moment and whose release was taken back since."""
    released = CaseEvent.objects.filter(
        kind=CaseEvent.Kind.RELEASED, case=OuterRef("case"), release_number=OuterRef("release_number"), at__lt=moment
    )
    taken_back = CaseEvent.objects.filter(kind__in=TAKEN_BACK, at__gte=moment, case__date_completed__lt=moment)
    return taken_back.filter(Exists(released)).count()
