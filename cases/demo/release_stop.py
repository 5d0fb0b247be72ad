"""A stop of all releases in the demo data: it lasted half an hour, and the history shows it."""

import datetime as dt

from cases import releases
from cases.models import PortalEvent, User

WEB = PortalEvent.Source.WEB
LASTED = dt.timedelta(minutes=25)


def stop_releases(by: User) -> None:
    """Stop all releases."""
    releases.stop_releases(by=by, source=WEB, reason="Two reports show last year's rates. Checking the others.")


def start_releases(by: User) -> None:
    """Start them again."""
    releases.start_releases(by=by, source=WEB, reason="Only those two. Both cases are reopened.")
