"""Check that this process uses the clock for which the stored schedules were made.

A changed or forgotten TIME_ZONE would release early, which cannot be undone. So code that releases or schedules checks
first, within a statement that it runs anyway. Even a process that was started before a change notices it.
"""

import datetime as dt
from typing import Any, NoReturn

from django.conf import settings
from django.db.models import Exists
from django.utils.translation import gettext as _

from cases.core.errors import OUTAGE, CaseError
from cases.core.wall_clock import time_text
from cases.db.compiled_queries import Parameter
from cases.models import PortalClock

REMEDY = "manage.py change_time_zone"


class ClockMismatch(CaseError):
    """The clock in the settings is not the one in the database: nothing is released or scheduled."""

    status = 503
    retry_after = OUTAGE


def agrees() -> Exists:
    """Return the condition that the stored clock is that of the settings, for a WHERE or an annotation."""
    return is_stored(**ours())


def is_stored(*, time_zone: str | Parameter, release_time_of_day: dt.time | Parameter) -> Exists:
    """Return the condition that the stored clock is this one."""
    return Exists(
        PortalClock.objects.filter(pk=PortalClock.ONLY, time_zone=time_zone, release_time_of_day=release_time_of_day)
    )


def ours() -> dict[str, Any]:
    """Return the clock of the settings, as `is_stored` takes it."""
    return {"time_zone": settings.TIME_ZONE, "release_time_of_day": settings.RELEASE_TIME_OF_DAY}


def mismatch() -> str:
    """Return the sentence that says how the clocks differ and what to do, or an empty string if they agree. One
    statement."""
    stored = PortalClock.objects.filter(pk=PortalClock.ONLY).first()
    return "" if stored and _is_ours(stored) else _sentence(stored)


def refuse() -> NoReturn:
    """Raise ClockMismatch with that sentence, for code that has already checked `agrees`."""
    raise ClockMismatch(_sentence(PortalClock.objects.filter(pk=PortalClock.ONLY).first()))


def _is_ours(stored: PortalClock) -> bool:
    return {"time_zone": stored.time_zone, "release_time_of_day": stored.release_time_of_day} == ours()


def _sentence(stored: PortalClock | None) -> str:
    ours = f"{settings.TIME_ZONE}, {time_text(settings.RELEASE_TIME_OF_DAY)}"
    return _(
        "Releases and scheduling are paused. The settings say %(ours)s (TIME_ZONE, RELEASE_TIME_OF_DAY), "
        "but existing schedules use %(stored)s. Correct the settings or run “%(remedy)s”."
    ) % {"ours": ours, "stored": stored or _("an unknown time zone"), "remedy": REMEDY}
