"""What a row of a list says of its case."""

import datetime as dt
from functools import lru_cache

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cases.core import reader_timezones
from cases.core.text import isolated
from cases.lifecycle.visible_case import VisibleCase

register = template.Library()

# An age of more days is told in years.
DAYS_TOLD = 730


@register.filter
def select_words(case: VisibleCase) -> str:
    """Return what the checkbox of a row is called."""
    return _("Select %(name)s, %(number)s") % {"name": isolated(case.name), "number": case.external_case_id}


@register.filter
def when(case: VisibleCase) -> str:
    """Say what happened to the case last, and what will. *Completed* and *released* are two words with a date each.

    It is no template: that takes several times as long, and there are many rows.
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
    """Say when the case is released, or was. Nothing of one without a date."""
    moment = case.actual_release_date or case.scheduled_for
    if moment is None:
        return ""
    ahead = _("Releases %(at)s") if moment > timezone.now() else _("Was due %(at)s")
    return (_("Released %(at)s") if case.actual_release_date else ahead) % {"at": _release(moment)}


@register.filter
def release_cell(case: VisibleCase) -> SafeString:
    """Return the release date of a row by the portal's clock: a word or a weekday, and its time where one was chosen.

    The exact moment is in the title.
    """
    moment = case.actual_release_date or case.scheduled_for
    if moment is None:
        return format_html('<span class="visually-hidden">{}</span>', _("No release date"))
    portals = timezone.localtime(moment, timezone.get_default_timezone())
    today = timezone.localtime(timezone.now(), timezone.get_default_timezone()).date()
    clock = ""
    if case.scheduled_release_time and not case.actual_release_date:
        clock = format_html(' <span class="quiet">{}</span>', formats.date_format(portals, "CLOCK_FORMAT"))
    day = _near_day(portals.date(), today)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>{}',
        portals.isoformat(timespec="minutes"),
        reader_timezones.on_portal_clock(moment, "MOMENT_FORMAT"),
        day,
        clock,
    )


def _near_day(day: dt.date, today: dt.date) -> str:
    match (day - today).days:
        case -1:
            return _("Yesterday")
        case 0:
            return _("Today")
        case 1:
            return _("Tomorrow")
        case distance:
            is_near = abs(distance) < 180
    return reader_timezones.written(day, "WEEKDAY_DAY_OF_YEAR_SHORT_FORMAT" if is_near else "DAY_SHORT_FORMAT")


@register.filter
def age_cell(moment: dt.datetime | None) -> SafeString:
    """Return how old a case is in one unit, to the eye as "9 d".

    The moment of its creation by the reader's clock is in the title.
    """
    if moment is None:
        return SafeString("")
    short, words = _age(max(timezone.now() - moment, dt.timedelta()))
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}"><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span></time>',
        local.isoformat(timespec="minutes"),
        _("Created %(at)s") % {"at": reader_timezones.written(local.replace(tzinfo=None), "MOMENT_FORMAT")},
        short,
        words,
    )


def _age(passed: dt.timedelta) -> tuple[str, str]:
    days, hours, minutes = passed.days, passed.seconds // 3600, passed.seconds // 60
    if days >= DAYS_TOLD:
        return _written_age("year", days // 365, get_language())
    if days:
        return _written_age("day", days, get_language())
    return _written_age("hour", hours, get_language()) if hours else _written_age("minute", minutes, get_language())


@lru_cache(maxsize=5000)  # a list has dozens, and to translate them took a 30th of its time
def _written_age(unit: str, n: int, language: str | None) -> tuple[str, str]:
    """Return `n` of a unit in the present `language`: short to the eye, and as words."""
    short, words = {
        "year": (_("%(n)d y"), ngettext("%(n)d year", "%(n)d years", n)),
        "day": (_("%(n)d d"), ngettext("%(n)d day", "%(n)d days", n)),
        "hour": (_("%(n)d h"), ngettext("%(n)d hour", "%(n)d hours", n)),
        "minute": (_("%(n)d min"), ngettext("%(n)d minute", "%(n)d minutes", n)),
    }[unit]
    return short % {"n": n}, words % {"n": n}


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
