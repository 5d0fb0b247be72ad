"""What a person chooses in the dialog or through the API: release now, or on a date."""

import datetime as dt

from django.utils.translation import gettext as _

from cases.core import schedule
from cases.core.clock import portal_now
from cases.core.errors import BadSchedule
from cases.core.schedule import Schedule
from cases.lifecycle.closed_days import default_date
from cases.models import Case
from cases.releases.schedule_policy import lead_time_of


def release_on(*, case: Case, option: str, date: dt.date | None, time: dt.time | None) -> Schedule | None:
    """Return the chosen schedule, or None for now. "schedule" without a date is the default date of the case.

    BadSchedule for "now" together with a date or time in the future: one of them is a mistake (docs/rules.md, 2).
    """
    if option == "schedule":
        return Schedule(date or default_date(portal_now(), lead_time_of(case)), time)
    if (date or time) and _is_ahead(date, time, now=portal_now()):
        raise BadSchedule(_("You chose “Release Now” and a future date. Choose one of them."), field="release_option")
    return None


def _is_ahead(date: dt.date | None, time: dt.time | None, *, now: dt.datetime) -> bool:
    today = schedule.date_of(now)
    if date and date != today:
        return date > today
    return time is not None and schedule.instant(today, time) > now
