"""How the operations page writes durations."""

import datetime as dt

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400
NOTHING = "\N{EN DASH}"


@register.filter
def duration(value: dt.timedelta | float | None) -> str:
    """Say a timedelta, or seconds, in the two units that matter: 12 ms, 4.2 s, 3 min 20 s, 5 h 10 min, 7.5 days."""
    if value is None:
        return NOTHING
    seconds = value.total_seconds() if isinstance(value, dt.timedelta) else value
    if seconds < 1:
        return _("%(n)d ms") % {"n": max(0, round(seconds * 1000))}
    if seconds < MINUTE:
        return _("%(n)s s") % {"n": _with_one_decimal(seconds)}
    if seconds < HOUR:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": seconds // MINUTE, "seconds": seconds % MINUTE}
    if seconds < 2 * DAY:
        return _("%(hours)d h %(minutes)d min") % {"hours": seconds // HOUR, "minutes": seconds % HOUR // MINUTE}
    return _("%(n)s days") % {"n": _with_one_decimal(seconds / DAY)}


def _with_one_decimal(number: float) -> str:
    return number_format(round(number, 1), 1)


@register.filter
def in_days(value: dt.timedelta | None) -> str:
    """Return a timedelta as a plain number of days, for a chart; empty for None."""
    return "" if value is None else f"{value.total_seconds() / DAY:.4f}"
