"""The content of a person's calendar feed."""

import datetime as dt

from cases.core import schedule
from cases.core.clock import portal_now
from cases.models import Case, CaseQuerySet, User
from cases.models.case_states import RELEASED, SCHEDULED

# Calendar programs fetch the feed repeatedly, so it is limited in days and in number.
DAYS_BACK = 31
DAYS_AHEAD = 366
MAX_SCHEDULED = 500
MAX_RELEASED = 250


def cases_of(user: User) -> list[Case]:
    """Return the cases of the feed: those released in the last days, then those scheduled for the next, nearest first.

    For technicians those assigned to them, for administrators all. Two ranges of an index, however much is pending.
    """
    cases = whose(user)
    today = schedule.date_of(portal_now())
    released = cases.filter(
        RELEASED, actual_release_date__gte=schedule.start_of(today - dt.timedelta(days=DAYS_BACK))
    ).order_by("-actual_release_date", "-id")
    scheduled = cases.filter(SCHEDULED, scheduled_release_date__lte=today + dt.timedelta(days=DAYS_AHEAD)).order_by(
        "scheduled_release_date", "scheduled_release_time", "id"
    )
    return [*released[:MAX_RELEASED], *scheduled[:MAX_SCHEDULED]]


def whose(user: User) -> CaseQuerySet:
    """Return the cases that concern the person: those assigned to them, or all for an administrator."""
    cases = Case.objects.visible_to(user)
    return cases if user.is_administrator else cases.filter(assigned_to=user)
