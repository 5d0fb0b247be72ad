"""When the conversation of a case is open. To its member, this depends on what they see, and after a release on
CASE_QUESTIONS_DAYS."""

import datetime as dt

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.core import schedule
from cases.core.clock import portal_now
from cases.models import Case, User
from cases.models.case_visibility import is_only_announced


def asks_until(case: Case) -> dt.date | None:
    """Return the last day, on the portal's calendar, on which the member may ask about a released case.

    None for a case that is not released, and where CASE_QUESTIONS_DAYS is 0.
    """
    if case.actual_release_date is None or not settings.CASE_QUESTIONS_DAYS:
        return None
    return schedule.date_of(case.actual_release_date) + dt.timedelta(days=settings.CASE_QUESTIONS_DAYS)


def is_read_by_member(case: Case) -> bool:
    """Tell whether the member of `case` can currently read its conversation."""
    return not case.is_pending or (settings.RELEASE_MEMBER_VIEW != "hidden" and not is_only_announced(case))


def is_open_after_completion() -> bool:
    """Tell whether both sides can write in the conversation of a case that is scheduled, as before its completion."""
    return bool(settings.RELEASE_MEMBER_VIEW == "in_progress")


def why_closed(case: Case, *, to: User, now: dt.datetime | None = None) -> str:
    """Return why `to`, who is involved in the case, can't currently write in its conversation, or nothing if they can.

    `now` is the portal's moment. With None it is read from the database if needed.
    """
    if not to.is_member:
        return "" if is_read_by_member(case) else _("The member can't read messages until the case is released.")
    if not is_read_by_member(case):
        return _("You can ask about this case once it is released.")
    return _why_too_late(case, now) if case.is_released else ""


def _why_too_late(case: Case, now: dt.datetime | None) -> str:
    last = asks_until(case)
    if last is None:
        return _("You can't ask about this case anymore. Start a new case instead.")
    if schedule.date_of(now or portal_now()) <= last:
        return ""
    day = date_format(last, "DAY_FORMAT")
    return _("You could ask about this case until %(day)s. Start a new case instead.") % {"day": day}
