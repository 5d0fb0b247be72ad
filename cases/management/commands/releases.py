"""Stop all releases of the portal, and start them again."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases import releases
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.lifecycle import release_stop
from cases.models import PortalEvent
from cases.monitoring.release_stop_status import held_by_stop

SOURCE = PortalEvent.Source.COMMAND
LONGEST_NAME = 60


class Command(BaseCommand):
    help = "Stop all releases of the portal, or start them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="stop|start")
        stop = actions.add_parser("stop", help="hold every release until someone starts them again")
        stop.add_argument("--reason", required=True, help="why (all staff will see it)")
        start = actions.add_parser("start", help="release what is due and resume scheduled releases")
        start.add_argument("--reason", default="", help="why, for the portal's history")
        start.add_argument("--dry-run", action="store_true", help="show what would be released and change nothing")
        start.add_argument("--no-input", action="store_true", help="don't ask")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            self._stop(options["reason"]) if action == "stop" else self._start(**options)
        except CaseError as error:
            raise CommandError(error.message) from None

    def _stop(self, reason: str) -> None:
        releases.stop_releases(by=_name(), source=SOURCE, reason=reason)
        self.stdout.write(self.style.SUCCESS("All releases are stopped. To start them: manage.py releases start"))

    def _start(self, *, reason: str, dry_run: bool, no_input: bool, **options: Any) -> None:
        stop = release_stop.current()
        if stop is None:
            raise CommandError("Releases aren't stopped.")
        self.stdout.write(release_stop.told(stop))
        held = held_by_stop(portal_now())
        self.stdout.write(
            f"Due now: {held.cases} case{'' if held.cases.number == 1 else 's'}. "
            f"Members who will get an email: {held.emails}."
        )
        if dry_run:
            self.stdout.write("Nothing was changed.")
            return
        if not no_input and not _agreed():
            raise CommandError("Releases stay stopped.")
        releases.start_releases(by=_name(), source=SOURCE, reason=reason, seen=stop.at)
        self.stdout.write(self.style.SUCCESS("Releases started. The next sweep will release what is due."))


def _agreed() -> bool:
    try:
        return input("Start releases? [y/N] ").strip().lower() in ("y", "yes")
    except KeyboardInterrupt:
        return False
    except EOFError:
        raise CommandError("Can't ask for confirmation here. Add --no-input.") from None


def _name() -> str:
    """Return the command, and who runs it on this machine."""
    try:
        return f"manage.py releases ({getpass.getuser()})"[:LONGEST_NAME]
    except (KeyError, OSError):
        return "manage.py releases"
