"""Change the portal's time zone, or the time of day of schedules without a time."""

import datetime as dt
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases.core.errors import CaseError
from cases.core.wall_clock import time_text
from cases.releases import portal_clock_change
from cases.releases.portal_clock_change import Change, ClockSetting, Effect, Keep, Move

BY = "change_time_zone"


class Command(BaseCommand):
    help = "Change the portal's time zone and its scheduled releases. Without --apply, show what would change."
    # The clocks differ while this is needed.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("old", metavar="OLD", type=zone, help="the current time zone")
        parser.add_argument("new", metavar="NEW", type=zone, help="the new time zone (may be the same)")
        parser.add_argument("--time-of-day", type=time_of_day, metavar="HH:MM", help="new RELEASE_TIME_OF_DAY")
        parser.add_argument(
            "--keep",
            choices=[keep.value for keep in Keep],
            default=Keep.WALL_CLOCK.value,
            help="what scheduled releases keep: their date and time (default) or their moment",
        )
        parser.add_argument("--apply", action="store_true", help="make the change")

    def handle(self, *args: Any, old: str, new: str, keep: str, apply: bool, **options: Any) -> None:
        present = portal_clock_change.stored_setting()
        stored = present or ClockSetting(old, settings.RELEASE_TIME_OF_DAY)
        if stored.time_zone != old:
            raise CommandError(f"The portal's time zone is {stored.time_zone}, not {old}. Nothing was changed.")
        wanted = ClockSetting(new, options["time_of_day"] or stored.time_of_day)
        if wanted == present:
            self.stdout.write(f"The portal's clock is already set to {wanted}. Nothing was changed.")
            self._say_what_to_set(wanted)
            return
        change = Change(stored, wanted, Keep(keep))
        try:
            effect = portal_clock_change.change_clock(change, by=BY) if apply else portal_clock_change.preview(change)
        except CaseError as error:
            raise CommandError(error.message) from None
        self._report(effect, change)
        if not apply:
            self.stdout.write("Nothing was changed. Add --apply to make this change.")
            return
        self.stdout.write(self.style.SUCCESS("Time zone and release time changed."))
        self._say_what_to_set(wanted)

    def _say_what_to_set(self, wanted: ClockSetting) -> None:
        if wanted != ClockSetting(settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY):
            self.stdout.write(
                f"Now set TIME_ZONE={wanted.time_zone} and RELEASE_TIME_OF_DAY={time_text(wanted.time_of_day)} "
                "for every process and restart them all. Nothing will be released until then."
            )

    def _report(self, effect: Effect, change: Change) -> None:
        keeps = "dates and times", "moments"
        self.stdout.write(f"From {change.old} to {change.new}, keeping {keeps[change.keep is Keep.INSTANTS]}.")
        for move in effect.listed:
            self.stdout.write(f"  {_line(move, change)}")
        if effect.changed > len(effect.listed):
            self.stdout.write(f"  … and {effect.changed - len(effect.listed):,} more")
        self.stdout.write(
            f"Scheduled releases: {effect.pending:,}. Changed: {effect.changed:,} "
            f"({effect.earlier:,} earlier, {effect.later:,} later). Due now: {effect.due_at_once:,}."
        )


def zone(name: str) -> str:
    """Return the name of a time zone. ArgumentTypeError if there is none with that name."""
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, KeyError):
        raise ArgumentTypeError(f"Unknown time zone {name!r}.") from None


def time_of_day(text: str) -> dt.time:
    """Return a wall clock time. ArgumentTypeError if `text` is not one."""
    try:
        value = dt.time.fromisoformat(text)
    except ValueError:
        value = None
    if value is None or value.tzinfo is not None:
        raise ArgumentTypeError(f"Write the time as 09:30, not {text!r}.")
    return value


def _line(move: Move, change: Change) -> str:
    hours = (move.new_instant - move.old_instant) / dt.timedelta(hours=1)
    shift = "same moment" if not hours else f"{abs(hours):g} h {'later' if hours > 0 else 'earlier'}"
    before, after = (
        f"{moment.astimezone(setting.clock.zone):%Y-%m-%d %H:%M:%S}"
        for moment, setting in ((move.old_instant, change.old), (move.new_instant, change.new))
    )
    return f"{move.case.external_case_id}  {before} → {after}  ({shift})"
