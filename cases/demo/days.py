"""A blackout day for which some cases were scheduled before."""

from cases.models import Case, PortalEvent, User
from cases.models.case_states import SCHEDULED
from cases.releases import blackout_days


def add_blackout_day(*, by: User) -> None:
    """Close the last day for which a case is scheduled, as administrators do on its page."""
    last = Case.objects.filter(SCHEDULED).latest("scheduled_release_date")
    if last.scheduled_release_date:
        blackout_days.add(date=last.scheduled_release_date, name="Office move", by=by, source=PortalEvent.Source.WEB)
