"""The dates that are suggested beside the date of a release."""

import datetime as dt
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

WEEK = 7


@dataclass(frozen=True)
class Preset:
    """A suggested date and its name."""

    name: str
    date: dt.date


def presets(*, today: dt.date, first: dt.date, last: dt.date) -> list[Preset]:
    """Return up to three dates from `first` to `last`: the first one after `today`, the Monday after it, a week on.

    They are dates that every member of staff may choose, without a reason. `today` is the portal's.
    """
    soonest = max(first, today + dt.timedelta(days=1))
    monday = soonest + dt.timedelta(days=WEEK - soonest.weekday())
    in_a_week = today + dt.timedelta(days=WEEK)
    last_one = in_a_week if soonest < in_a_week else soonest + dt.timedelta(days=WEEK)
    dates = sorted({date for date in (soonest, monday, last_one) if date <= last})
    return [Preset(_name(date, today, is_monday=date == monday), date) for date in dates]


def _name(date: dt.date, today: dt.date, *, is_monday: bool) -> str:
    days = (date - today).days
    if days == 1:
        return _("Tomorrow")
    if is_monday:
        return date_format(date, "l")
    return ngettext("In %(days)s day", "In %(days)s days", days) % {"days": days}
