"""The suggested dates next to the date field of a release."""

import datetime as dt
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core.release_days import ReleaseDays

WEEK = 7


@dataclass(frozen=True)
class Preset:
    """A suggested date, its name, and the date in words, without a weekday that the name already says."""

    name: str
    date: dt.date
    day: str


def presets(*, today: dt.date, first: dt.date, last: dt.date, days: ReleaseDays) -> list[Preset]:
    """Return up to three dates from `first` to `last`: the first one after `today`, the Monday after it, and one a week
    later.

    Every member of staff may choose these dates without a reason. A closed day in `days` is replaced by the next open
    one. `today` is the portal's.
    """
    soonest = max(first, today + dt.timedelta(days=1))
    monday = soonest + dt.timedelta(days=WEEK - soonest.weekday())
    in_a_week = today + dt.timedelta(days=WEEK)
    last_one = in_a_week if soonest < in_a_week else soonest + dt.timedelta(days=WEEK)
    wanted = [date for date in (soonest, monday, last_one) if date <= last]
    dates = sorted({day for date in wanted if (day := days.next_open(date, last=last))})
    return [_preset(date, today, is_monday=date == monday) for date in dates]


def _preset(date: dt.date, today: dt.date, *, is_monday: bool) -> Preset:
    days = (date - today).days
    if is_monday and days > 1:
        return Preset(date_format(date, "l"), date, date_format(date, "DAY_OF_YEAR_SHORT_FORMAT"))
    name = ngettext("In %(days)s day", "In %(days)s days", days) % {"days": days}
    day = date_format(date, "WEEKDAY_DAY_OF_YEAR_SHORT_FORMAT")
    return Preset(_("Tomorrow") if days == 1 else name, date, day)
