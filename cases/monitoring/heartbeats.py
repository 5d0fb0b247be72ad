"""Whether that which wakes everybody is alive: the sweep by its heartbeat, beat by its table."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask

from cases.models import Heartbeat, ReleaseEvent

# As the health check of beat's container has it.
SWEEPS_MISSED = 6
# Beat writes down every three minutes when it last ran what.
BEAT_WRITES = dt.timedelta(minutes=3)
# Cron or systemd may run the command once a day, which takes its time or waits for a machine that was off.
COMMAND_RUNS = dt.timedelta(hours=25)
# Where beat has noted nothing for so long, nobody runs it.
BEAT_UNUSED = dt.timedelta(days=7)
# Made by Celery itself.
CELERYS_OWN = "celery.backend_cleanup"


@dataclass(frozen=True)
class Beat:
    """One entry of beat's table. `is_known`: the settings name it."""

    name: str
    is_enabled: bool
    is_known: bool
    last_run: dt.datetime | None


@dataclass(frozen=True)
class Pulse:
    """The last sweep, and beat's table, at the aware datetime `now`."""

    now: dt.datetime
    sweep: Heartbeat | None
    entries: list[Beat]

    @property
    def sweep_age(self) -> dt.timedelta | None:
        """How long ago a sweep last ran to its end."""
        return self.now - self.sweep.at if self.sweep else None

    @property
    def is_sweep_late(self) -> bool:
        """Whether several sweeps are missing."""
        limit = dt.timedelta(seconds=SWEEPS_MISSED * settings.SWEEP_INTERVAL)
        if self.is_run_by_command:
            limit = max(limit, COMMAND_RUNS)
        return self.sweep_age is None or self.sweep_age > limit

    @property
    def is_run_by_command(self) -> bool:
        """Whether the portal runs without beat: the last sweep was release_scheduled_cases, and beat is not used."""
        by_command = self.sweep is not None and self.sweep.source == ReleaseEvent.Source.COMMAND
        return by_command and (self.beat_age is None or self.beat_age > BEAT_UNUSED)

    @property
    def beat_age(self) -> dt.timedelta | None:
        """How long ago beat last wrote that it had started a sweep; up to three minutes are usual."""
        runs = [entry.last_run for entry in self.entries if entry.name == "sweep" and entry.last_run]
        return self.now - runs[0] if runs else None

    @property
    def is_beat_late(self) -> bool:
        """Whether beat has not written anything for longer than usual, where it is used."""
        if self.is_run_by_command:
            return False
        limit = BEAT_WRITES + dt.timedelta(seconds=SWEEPS_MISSED * settings.SWEEP_INTERVAL)
        return self.beat_age is None or self.beat_age > limit

    @property
    def disabled(self) -> list[Beat]:
        """What the settings want to run and somebody has switched off in the admin."""
        return [entry for entry in self.entries if entry.is_known and not entry.is_enabled]

    @property
    def strangers(self) -> list[Beat]:
        """What beat runs though the settings do not know it: removed there, or made in the admin."""
        return [entry for entry in self.entries if not entry.is_known and entry.is_enabled]

    @property
    def problems(self) -> list[str]:
        """What somebody should look at, as sentences."""
        found = []
        if self.is_sweep_late:
            found.append(_("The sweep does not run."))
        found += [
            _("“%(name)s” is disabled in the admin, and does not run.") % {"name": entry.name}
            for entry in self.disabled
        ]
        return found


def pulse(now: dt.datetime) -> Pulse:
    """The signs of life at the aware datetime `now`. Two statements."""
    rows = PeriodicTask.objects.exclude(name=CELERYS_OWN).order_by("name")
    return Pulse(
        now=now,
        sweep=Heartbeat.objects.filter(name="sweep").first(),
        entries=[
            Beat(
                name=row.name,
                is_enabled=row.enabled,
                is_known=row.name in settings.CELERY_BEAT_SCHEDULE,
                last_run=row.last_run_at,
            )
            for row in rows
        ],
    )
