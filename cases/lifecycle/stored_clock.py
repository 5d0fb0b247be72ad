"""Check that this process uses the clock for which the stored schedules were made.

A changed or forgotten TIME_ZONE would release early, which cannot be undone. So whatever releases or schedules asks
first, within a statement that it runs anyway: a process that was started before a change notices it too.
"""

from typing import NoReturn

from django.conf import settings
from django.db.models import Exists
from django.utils.translation import gettext as _

from cases.core.errors import CaseError
from cases.core.wall_clock import time_text
from cases.lifecycle import release_stop
from cases.models import CaseQuerySet, PortalClock

REMEDY = "manage.py change_time_zone"


class ClockMismatch(CaseError):
    """The settings name another clock than the database: nothing is released or scheduled."""

    status = 503


def agrees() -> Exists:
    """The condition that the stored clock is the one of the settings, for a WHERE or an annotation."""
    return Exists(
        PortalClock.objects.filter(
            pk=PortalClock.ONLY, time_zone=settings.TIME_ZONE, release_time_of_day=settings.RELEASE_TIME_OF_DAY
        )
    )


def any_due(due: CaseQuerySet) -> bool:
    """Whether `due` has a case, and releases are not stopped. One statement. ClockMismatch where the clocks differ."""
    to_release = release_stop.is_off() & Exists(due)
    stored = PortalClock.objects.annotate(any_due=to_release).filter(pk=PortalClock.ONLY).first()
    if stored is None or not _is_ours(stored):
        raise ClockMismatch(_sentence(stored))
    return bool(stored.any_due)


def check() -> None:
    """Raises ClockMismatch where the clocks differ. One statement."""
    if sentence := mismatch():
        raise ClockMismatch(sentence)


def mismatch() -> str:
    """The sentence that says how the clocks differ and what to do; empty where they agree. One statement."""
    stored = PortalClock.objects.filter(pk=PortalClock.ONLY).first()
    return "" if stored and _is_ours(stored) else _sentence(stored)


def refuse() -> NoReturn:
    """For who has asked by `agrees`: ClockMismatch with the sentence."""
    raise ClockMismatch(_sentence(PortalClock.objects.filter(pk=PortalClock.ONLY).first()))


def _is_ours(stored: PortalClock) -> bool:
    return (stored.time_zone, stored.release_time_of_day) == (settings.TIME_ZONE, settings.RELEASE_TIME_OF_DAY)


def _sentence(stored: PortalClock | None) -> str:
    ours = f"{settings.TIME_ZONE}, {time_text(settings.RELEASE_TIME_OF_DAY)}"
    return _(
        "Releases and scheduling are paused. The settings say %(ours)s (TIME_ZONE, RELEASE_TIME_OF_DAY), "
        "but existing schedules use %(stored)s. Correct the settings or run “%(remedy)s”."
    ) % {"ours": ours, "stored": stored or _("an unknown time zone"), "remedy": REMEDY}
