"""What a row of a list says about its case."""

import datetime as dt

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from cases.core import reader_timezones
from cases.lifecycle.case_for_viewer import VisibleCase

register = template.Library()


@register.filter
def when(case: VisibleCase) -> str:
    """Say what last happened to the case, and what will happen next. *Completed* and *released* each have their own
    word and date.

    This is not a template, because that takes several times as long, and there are many rows.
    """
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


@register.filter
def release(case: VisibleCase) -> str:
    """Say when the case is, or was, released. Nothing for one without a date."""
    moment = case.actual_release_date or case.scheduled_for
    if moment is None:
        return ""
    ahead = _("Releases %(at)s") if moment > timezone.now() else _("Was due %(at)s")
    return (_("Released %(at)s") if case.actual_release_date else ahead) % {"at": _release(moment)}


@register.filter
def waiting(case: VisibleCase) -> SafeString:
    """Say how long a case has waited for a technician. The reader's exact time of its submission is in the title."""
    since = case.date_submitted or case.date_created
    if since is None:
        return SafeString("")
    passed = timezone.now() - since
    words = _("Waiting less than a minute")
    if passed >= dt.timedelta(minutes=1):
        words = _("Waiting %(age)s") % {"age": timesince(since, since + passed, depth=1)}
    exact = formats.date_format(timezone.localtime(since), "MOMENT_SECONDS_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', since.isoformat(timespec="seconds"), exact, words)


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
