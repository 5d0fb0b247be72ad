"""The rows of staff's table of cases."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cases.core import reader_timezones
from cases.core.text import isolated, isolated_html
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.templatetags.portal import icon, state

register = template.Library()

# From this age in days on, it is given in years.
DAYS_TOLD = 730
ROW = (
    '\n<tr role="row"><td role="cell" class="col-check"><label class="row-check">'
    '<input class="form-check-input" type="checkbox" name="case" value="{key}">'
    '<span class="visually-hidden">{select}</span></label></td>'
    '\n<th role="rowheader" scope="row" class="c-case"><span class="cell-title">'
    '<a class="row-title" href="{address}" title="{title}">{name}</a>{turn}{type}'
    '<span class="case-number">{number}</span></span></th>'
    '\n<td role="cell" class="c-member" title="{member_name}">{member}</td>'
    '\n<td role="cell" class="c-who" title="{technician_name}">{technician}</td>'
    '\n<td role="cell" class="c-state" title="{state_label}">{state}</td>'
    '\n<td role="cell" class="c-urgency">{urgency}</td>'
    '\n<td role="cell" class="c-date">{release}</td>'
    '\n<td role="cell" class="c-age number">{age}</td></tr>'
)


@register.simple_tag(takes_context=True)
def staff_case_table_rows(context: Context) -> SafeString:
    """Return a row for each of the `cases` on this `page` of a list. `away`: the technicians who are away, by key.

    This is not a template, because rendering one took a third of the time of a list.
    """
    rows = CaseTableRows(context["place"], context["away"])
    first = context["page"].start_index()
    return format_html_join(
        "", "{}", ((rows.row(case, number),) for number, case in enumerate(context["cases"], first))
    )


class CaseTableRows:
    """Writes the rows of one table. Values that they share are read once."""

    def __init__(self, place: str, away: Mapping[int, dt.date]) -> None:
        self._place, self._away = place, away
        self._now = timezone.now()
        self._portals = timezone.get_default_timezone()
        self._today = timezone.localtime(self._now, self._portals).date()
        self._before_key, _key, self._after_key = reverse("case_detail", args=[0]).rpartition("0")
        self._select, self._created = _("Select %(name)s, %(number)s"), _("Created %(at)s")
        self._unassigned = format_html('<span class="quiet">{}</span>', _("Unassigned"))
        self._is_away = format_html(' <span class="quiet">{}</span>', _("away"))
        self._urgent = state("urgent", _("Urgent"))
        self._normal = format_html('<span class="visually-hidden">{}</span>', _("Normal"))
        self._no_date = format_html('<span class="visually-hidden">{}</span>', _("No release date"))

    def row(self, case: VisibleCase, number: int) -> SafeString:
        """Return the row of `case`, which has this number in its list."""
        name = isolated(case.name)
        return format_html(
            ROW,
            key=case.pk,
            select=self._select % {"name": name, "number": case.external_case_id},
            address=f"{self._before_key}{case.pk}{self._after_key}?{self._place}&place={number}",
            title=name,
            name=isolated_html(case.name),
            turn=_turn(case),
            type=_type(case),
            number=case.external_case_id,
            member_name=isolated(case.member_name),
            member=isolated_html(case.member_name),
            technician_name=isolated(case.technician_name) if case.technician_name else "",
            technician=self._technician(case),
            state_label=case.state_label,
            state=state(case.state, case.state_label),
            urgency=self._urgent if case.urgency == "urgent" else self._normal,
            release=self._release(case),
            age=self._age(case.date_created),
        )

    def _technician(self, case: VisibleCase) -> str:
        if not case.technician_name:
            return self._unassigned
        name = isolated_html(case.technician_name)
        if case.technician_pk not in self._away:
            return name
        return format_html('<span class="cell-person"><span>{}</span>{}</span>', name, self._is_away)

    def _release(self, case: VisibleCase) -> SafeString:
        """Return the release date by the portal's clock: a word or a weekday, and its time where one was chosen.

        The exact moment is in the title.
        """
        moment = case.actual_release_date or case.scheduled_for
        if moment is None:
            return self._no_date
        portals = timezone.localtime(moment, self._portals)
        clock = ""
        if case.scheduled_release_time and not case.actual_release_date:
            clock = format_html(' <span class="quiet">{}</span>', formats.date_format(portals, "CLOCK_FORMAT"))
        return format_html(
            '<time datetime="{}" title="{}">{}</time>{}',
            portals.isoformat(timespec="minutes"),
            reader_timezones.on_portal_clock(moment, "MOMENT_FORMAT"),
            _near_day(portals.date(), self._today),
            clock,
        )

    def _age(self, moment: dt.datetime | None) -> SafeString:
        """Return how old a case is in one unit, to the eye as "9 d".

        The moment of its creation by the reader's clock is in the title.
        """
        if moment is None:
            return SafeString("")
        short, words = _age(max(self._now - moment, dt.timedelta()))
        local = timezone.localtime(moment)
        return format_html(
            '<time datetime="{}" title="{}"><span aria-hidden="true">{}</span>'
            '<span class="visually-hidden">{}</span></time>',
            local.isoformat(timespec="minutes"),
            self._created % {"at": reader_timezones.written(local.replace(tzinfo=None), "MOMENT_FORMAT")},
            short,
            words,
        )


def _turn(case: VisibleCase) -> SafeString | str:
    if not case.turn:
        return ""
    return format_html(
        '<span class="case-turn state state-waiting" title="{}">{}<span class="visually-hidden">{}</span></span>',
        case.turn_label,
        icon("state-waiting"),
        case.turn_label,
    )


def _type(case: VisibleCase) -> SafeString | str:
    return format_html('<span class="case-type">{}</span>', isolated_html(case.case_type)) if case.case_type else ""


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


def _age(passed: dt.timedelta) -> tuple[str, str]:
    days, hours, minutes = passed.days, passed.seconds // 3600, passed.seconds // 60
    if days >= DAYS_TOLD:
        return _written_age("year", days // 365, get_language())
    if days:
        return _written_age("day", days, get_language())
    return _written_age("hour", hours, get_language()) if hours else _written_age("minute", minutes, get_language())


@lru_cache(maxsize=5000)  # a list has dozens, and translating them took a 30th of its time
def _written_age(unit: str, n: int, language: str | None) -> tuple[str, str]:
    """Return `n` of a unit in the present `language`: short to the eye, and as words."""
    short, words = {
        "year": (_("%(n)d y"), ngettext("%(n)d year", "%(n)d years", n)),
        "day": (_("%(n)d d"), ngettext("%(n)d day", "%(n)d days", n)),
        "hour": (_("%(n)d h"), ngettext("%(n)d hour", "%(n)d hours", n)),
        "minute": (_("%(n)d min"), ngettext("%(n)d minute", "%(n)d minutes", n)),
    }[unit]
    return short % {"n": n}, words % {"n": n}
