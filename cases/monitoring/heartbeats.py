"""Scheduler health: the last sweep, by its heartbeat, and beat, by its table."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask

from cases.models import CaseEvent, Heartbeat
from cases.monitoring.problems import SCHEDULER, Problem
from cases.releases.sweep import HEARTBEAT

# The health check of beat's container uses the same number.
SWEEPS_MISSED = 6
# Every three minutes, beat records when it last ran each entry.
BEAT_WRITES = dt.timedelta(minutes=3)
# Cron or systemd may run the command once a day. The day on which the clock is set back has 25 hours, and the command
# takes its time.
COMMAND_RUNS = dt.timedelta(hours=26)
# If beat has recorded nothing for this long, the portal runs without it.
BEAT_UNUSED = dt.timedelta(days=7)
# The entry of CELERY_BEAT_SCHEDULE that sweeps.
SWEEP_ENTRY = "sweep"
# Celery adds this entry.
CELERY_ENTRY = "celery.backend_cleanup"


@dataclass(frozen=True)
class BeatEntry:
    """One entry of beat's table. `is_known` says whether the settings have it, `saved` when it last changed."""

    name: str
    is_enabled: bool
    is_known: bool
    saved: dt.datetime
    last_run: dt.datetime | None


@dataclass(frozen=True)
class SchedulerHealth:
    """The last sweep and beat's table, at the aware datetime `now`.

    Ages count in both directions: a sign of life from before the clock was set back is worth as little as an old one.
    """

    now: dt.datetime
    sweep: Heartbeat | None
    entries: list[BeatEntry]

    @property
    def sweep_age(self) -> dt.timedelta | None:
        """How far the last sweep that finished is from now."""
        return abs(self.now - self.sweep.at) if self.sweep else None

    @property
    def is_sweep_late(self) -> bool:
        """Whether several sweeps are missing."""
        return self.sweep_age is None or self.sweep_age > self.patience

    @property
    def patience(self) -> dt.timedelta:
        """Return how long the work that a sweep starts may take: several sweeps, or the time between two commands."""
        several = dt.timedelta(seconds=SWEEPS_MISSED * settings.SWEEP_INTERVAL)
        return max(several, COMMAND_RUNS) if self.is_run_by_command else several

    @property
    def is_run_by_command(self) -> bool:
        """Whether the command release_scheduled_cases sweeps instead of beat."""
        by_command = self.sweep is not None and self.sweep.source == CaseEvent.Source.COMMAND
        return by_command and (self.beat_age is None or self.beat_age > BEAT_UNUSED)

    @property
    def beat_age(self) -> dt.timedelta | None:
        """How far the last sweep that beat recorded is from now. Up to three minutes is normal."""
        last_run = self._sweep_entry and self._sweep_entry.last_run
        return abs(self.now - last_run) if last_run else None

    @property
    def is_beat_late(self) -> bool:
        """Whether beat is used and has recorded nothing for longer than usual, its first entry included."""
        if self.is_run_by_command:
            return False
        entry = self._sweep_entry
        limit = BEAT_WRITES + dt.timedelta(seconds=SWEEPS_MISSED * settings.SWEEP_INTERVAL)
        return entry is None or abs(self.now - (entry.last_run or entry.saved)) > limit

    @property
    def _sweep_entry(self) -> BeatEntry | None:
        return next((entry for entry in self.entries if entry.name == SWEEP_ENTRY), None)

    @property
    def disabled(self) -> list[BeatEntry]:
        """Entries of the settings that are disabled in the admin."""
        return [entry for entry in self.entries if entry.is_known and not entry.is_enabled]

    @property
    def unknown_entries(self) -> list[BeatEntry]:
        """Entries that beat runs but the settings lack, because they were removed there, or added in the admin."""
        return [entry for entry in self.entries if not entry.is_known and entry.is_enabled]

    @property
    def problems(self) -> list[Problem]:
        """What needs attention."""
        found = []
        if self.is_sweep_late:
            found.append(Problem(_("Automatic releases aren't running."), SCHEDULER))
        text = _("“%(name)s” is disabled in the admin and isn't running.")
        found += [Problem(text % {"name": entry.name}, SCHEDULER) for entry in self.disabled]
        return found


def scheduler_health(now: dt.datetime) -> SchedulerHealth:
    """Return the health of sweep and beat at the aware datetime `now`. Takes two statements."""
    rows = PeriodicTask.objects.exclude(name=CELERY_ENTRY).order_by("name")
    return SchedulerHealth(
        now=now,
        sweep=Heartbeat.objects.filter(name=HEARTBEAT).first(),
        entries=[
            BeatEntry(
                name=row.name,
                is_enabled=row.enabled,
                is_known=row.name in settings.CELERY_BEAT_SCHEDULE,
                saved=row.date_changed,
                last_run=row.last_run_at,
            )
            for row in rows
        ],
    )
