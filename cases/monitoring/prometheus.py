"""Metrics for Prometheus, in its text format. A scrape costs as much as the operations page."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from cases.core import schedule
from cases.documents import storage
from cases.lifecycle import stored_clock
from cases.models import Case, CaseEvent, ReleaseDay, StorageReport
from cases.monitoring import latency_histogram
from cases.monitoring.heartbeats import scheduler_health
from cases.monitoring.outbox_status import outbox_status
from cases.monitoring.release_status import release_status

# The upper bounds of the buckets, in seconds.
LATENESS_BOUNDS = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0, 86400.0]
FIRST_VIEW_BOUNDS = [60.0, 600.0, 3600.0, 21600.0, 86400.0, 172800.0, 604800.0, 2592000.0]


class PortalCollector(Collector):
    """Metrics of the portal, read from the database at each scrape."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        """Yield all metric families."""
        yield from self._releases()
        yield from self._outbox()
        yield from self._scheduler()
        yield from self._days()
        yield from self._documents()

    def _releases(self) -> Iterator[Metric]:
        differs = bool(stored_clock.mismatch())
        yield _gauge("portal_clock_differs", "1 if the settings name another clock than the database", int(differs))
        seen = release_status(Case.objects.all(), self.now)
        late, held = (0, seen.due.number) if seen.stop else (seen.due.number, 0)
        yield _gauge("portal_cases_due", "Due and not released; up to 1001; 0 while releases are stopped", late)
        yield _gauge("portal_cases_held_by_stop", "Due when releases are started again; up to 1001", held)
        stopped = (self.now - seen.stop.at).total_seconds() if seen.stop else 0
        yield _gauge("portal_releases_stopped_seconds", "Since all releases were stopped; 0 while they run", stopped)
        yield _gauge("portal_cases_failing", "Cases whose release failed; up to 1001", seen.failing_count.number)
        yield _gauge("portal_cases_held", "Completed, without a schedule; up to 1001", seen.held.number)
        waiting = seen.held_by_conditions_count.number
        yield _gauge("portal_cases_held_by_conditions", "Past their instant, with open conditions; up to 1001", waiting)
        yield _gauge("portal_cases_armed", "Cases whose ETA task is published; up to 1001", seen.armed.number)

    def _outbox(self) -> Iterator[Metric]:
        seen = outbox_status(Case.objects.all(), self.now)
        family = GaugeMetricFamily("portal_emails", "Emails that are open or given up; up to 1001", labels=["state"])
        for state in ("waiting", "not_due", "retrying", "sending", "failed", "undeliverable"):
            family.add_metric([state], getattr(seen, state).number)
        yield family
        oldest = "Since the oldest unsent email was first due; 0 if there is none"
        yield _gauge("portal_email_oldest_seconds", oldest, seen.oldest.total_seconds())

    def _scheduler(self) -> Iterator[Metric]:
        age = scheduler_health(self.now).sweep_age
        if age is not None:
            yield _gauge("portal_sweep_age_seconds", "Since the last sweep ran to its end", age.total_seconds())

    def _documents(self) -> Iterator[Metric]:
        if (free := storage.free_bytes()) is not None:
            yield _gauge("portal_documents_free_bytes", "Free space of the disk that keeps the documents", free)
        if report := StorageReport.objects.first():
            yield _gauge("portal_documents_missing", "Documents whose file was gone when last compared", report.missing)
            yield _gauge("portal_files_without_document", "Files that no document named, kept for now", report.orphans)

    def _days(self) -> Iterator[Metric]:
        # Future days were counted by a clock that was set back since.
        days = list(ReleaseDay.objects.filter(day__lte=schedule.date_of(self.now)).order_by("day"))
        released: Counter[str] = Counter()
        for day in days:
            released.update(day.released_by)
        by_source = CounterMetricFamily("portal_releases", "Cases released", labels=["source"])
        for source in CaseEvent.Source:
            by_source.add_metric([source], released[source])
        yield by_source
        not_recorded = sum(day.not_recorded for day in days)
        yield _gauge("portal_releases_not_recorded", "Released cases that are not in the history", not_recorded)
        yield CounterMetricFamily("portal_emails_sent", "Emails sent", value=sum(day.mailed for day in days))
        lateness = latency_histogram.merge(day.lateness for day in days)
        text = "Release after its instant, of releases by schedule"
        yield _histogram("portal_release_lateness_seconds", text, lateness, LATENESS_BOUNDS)
        first_views = latency_histogram.merge(day.first_view_delays for day in days)
        text = "First view by the member after the release"
        yield _histogram("portal_first_view_seconds", text, first_views, FIRST_VIEW_BOUNDS)
        if days:
            yield _gauge("portal_cases_pending", "Completed and not released, when last counted", days[-1].pending)
            counted = abs(self.now - days[-1].counted_at).total_seconds()
            yield _gauge("portal_figures_age_seconds", "Since the days were last counted", counted)


def exposition(now: dt.datetime) -> bytes:
    """Return all metrics in the text format, at the aware datetime `now`."""
    registry = CollectorRegistry()
    registry.register(PortalCollector(now))
    return generate_latest(registry)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _histogram(name: str, text: str, histogram: Counter[int], bounds: list[float]) -> HistogramMetricFamily:
    """Return the histogram in coarse buckets. The sum uses upper bounds, so it is at most a tenth too high."""
    below = [
        (
            str(limit),
            float(sum(cases for number, cases in histogram.items() if latency_histogram.upper_bound(number) <= limit)),
        )
        for limit in bounds
    ]
    total = sum(latency_histogram.upper_bound(number) * cases for number, cases in histogram.items())
    return HistogramMetricFamily(name, text, buckets=[*below, ("+Inf", float(histogram.total()))], sum_value=total)
