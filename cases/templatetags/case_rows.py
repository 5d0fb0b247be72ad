"""What a row of a list says of its case."""

import datetime as dt

from django import template
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from cases.core import reader_timezones
from cases.lifecycle.visible_case import VisibleCase

register = template.Library()


@register.filter
def when(case: VisibleCase) -> str:
    """What happened to the case last, and what will: *completed* and *released* are two words with a date each. A
    filter rather than a template, which takes several times as long, and there are many rows."""
    if case.actual_release_date:
        return _("Released %(at)s") % {"at": _release(case.actual_release_date)}
    if case.state == "announced" and case.scheduled_for:
        return _("Releases %(at)s") % {"at": _release(case.scheduled_for)}
    if case.state in ("scheduled", "held"):
        return _of_pending(case)
    if case.state == "accepted" and case.date_accepted:
        return _("In progress since %(day)s") % {"day": _day(case.date_accepted)}
    if case.date_submitted:
        return _("Submitted %(day)s") % {"day": _day(case.date_submitted)}
    return _("Created %(day)s") % {"day": _day(case.date_created)} if case.date_created else ""


def _of_pending(case: VisibleCase) -> str:
    day = _day(case.date_completed) if case.date_completed else ""
    if case.scheduled_for is None:
        return _("Completed %(day)s") % {"day": day} if day else _("No release date")
    said = {"day": day, "at": _release(case.scheduled_for)}
    if case.scheduled_for <= timezone.now():
        return (_("Completed %(day)s, was due %(at)s") if day else _("Was due %(at)s")) % said
    return (_("Completed %(day)s, releases %(at)s") if day else _("Releases %(at)s")) % said


def _release(moment: dt.datetime) -> str:
    return reader_timezones.on_portal_clock(moment, "MOMENT_SHORT_FORMAT")


def _day(moment: dt.datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "DAY_SHORT_FORMAT")
