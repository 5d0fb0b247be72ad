"""A blackout day for which some cases are already scheduled."""

from cases.models import Case, PortalEvent, User
from cases.models.case_states import SCHEDULED
from cases.releases import blackout_days


def add_blackout_day(*, by: User) -> None:
    """Close the last day for which a case is scheduled, as an administrator does on the page for blackout days."""
    last = Case.objects.filter(SCHEDULED).latest("scheduled_release_date")
    if last.scheduled_release_date:
        blackout_days.add(date=last.scheduled_release_date, name="Office move", by=by, source=PortalEvent.Source.WEB)
