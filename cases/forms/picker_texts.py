"""What a date picker says about the days that are closed for releases."""

import datetime as dt
import json
from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.core.release_days import ClosedDay
from cases.core.text import isolated

# The note under the field: how many days ahead it looks, and the most days it names.
NOTED_AHEAD = dt.timedelta(weeks=6)
MAX_NOTED = 6


def note(closed: Sequence[ClosedDay], *, first: dt.date) -> str:
    """Name those of the `closed` days that are soon after `first`, and weekends as one. Empty if there are none."""
    named = [day for day in closed if not day.is_weekend]
    weekends = [_("weekends")] if len(named) < len(closed) else []
    soon = [_called(day) for day in named if day.date <= first + NOTED_AHEAD][:MAX_NOTED]
    return _("No releases: %(days)s.") % {"days": "; ".join(weekends + soon)} if weekends or soon else ""


def for_script(closed: Sequence[ClosedDay]) -> str:
    """Return the `closed` days as release_days.js reads them (JSON): weekends are one rule, other days have names."""
    return json.dumps(
        {
            "weekends": any(day.is_weekend for day in closed),
            "days": {day.date.isoformat(): day.name for day in closed if not day.is_weekend},
            "says": {
                "weekend": _("There are no releases on weekends."),
                "day": _("There are no releases on this day: {name}."),
                "next": _("The next available date is {date}."),
            },
        }
    )


def _called(day: ClosedDay) -> str:
    return f"{date_format(day.date, 'DAY_OF_YEAR_SHORT_FORMAT')} ({isolated(day.name)})"
