"""The words for the change that will be, or was, made to the case of a row, in the reader's language.

cases.releases.bulk.registry says which function belongs to which action.
"""

import datetime as dt
from typing import Any

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core.text import isolated
from cases.models import BulkRow, BulkRun, Case, CaseType, Condition, User
from cases.releases.bulk import removed_conditions
from cases.releases.bulk.parameters import Parameters

Action = BulkRun.Action


def scheduled(row: BulkRow, run: BulkRun) -> str:
    """Say which date the case gets, and which one it had."""
    after = {"after": _day(row.to_date, row.to_time)}
    before = _before(row)
    return _("From %(before)s to %(after)s") % (after | {"before": before}) if before else _("To %(after)s") % after


def put_on_hold(row: BulkRow, run: BulkRun) -> str:
    """Say which date is removed."""
    return _("On hold instead of %(before)s") % {"before": _before(row)}


def reopened(row: BulkRow, run: BulkRun) -> str:
    """Say that the case is reopened."""
    return _("In progress again")


def released(row: BulkRow, run: BulkRun) -> str:
    """Say that the case is released."""
    return _("Released immediately")


def handed_over(row: BulkRow, run: BulkRun) -> str:
    """Say who gets the case."""
    return _("To %(name)s") % {"name": isolated(_name(run, User))}


def another_type(row: BulkRow, run: BulkRun) -> str:
    """Say which type the case gets, and which conditions go with the former one."""
    now = _("Now %(name)s") % {"name": isolated(_name(run, CaseType)) or _("General")}
    return with_consequence(now, _removed(row.fact("removed")))


def another_urgency(row: BulkRow, run: BulkRun) -> str:
    """Say which urgency the case gets."""
    return _("Now %(name)s") % {"name": Case.Urgency(Parameters.of(run).urgency).label}


def condition(row: BulkRow, run: BulkRun) -> str:
    """Say which condition is added, met or waived."""
    chosen = Parameters.of(run)
    words = {
        Action.ADD_CONDITION: _("Condition added: %(name)s"),
        Action.MEET_CONDITION: _("Condition met: %(name)s"),
        Action.WAIVE_CONDITION: _("Condition waived: %(name)s"),
    }
    name = isolated(chosen.name) or str(Condition.Kind(chosen.kind).label)
    return words[Action(run.action)] % {"name": name}


def undone(row: BulkRow, run: BulkRun) -> str:
    """Say what the undo of `run` restores."""
    if run.action == Action.RELEASE_NOW:
        return _("Hidden from the member again, on hold")
    if "date" in row.before:
        day = _day(row.to_date, row.to_time)
        return _("Back to %(before)s") % {"before": day} if day else _("Back on hold")
    if row.fact("asked_again"):
        return with_consequence(_("Previous owner restored"), _("Approval needed again"))
    return with_consequence(_("As it was before"), _removed(row.fact("removes")))


def _removed(conditions: list[dict[str, Any]] | None) -> str:
    if not conditions:
        return ""
    names = ", ".join(isolated(removed_conditions.name_in(each)) for each in conditions)
    return ngettext("Condition removed: %(names)s", "Conditions removed: %(names)s", len(conditions)) % {"names": names}


def with_consequence(change: str, consequence: str) -> str:
    """Return both sentences, or only the first if the other is empty."""
    return f"{change}. {consequence}" if consequence else change


def _before(row: BulkRow) -> str:
    date, time = row.fact("date"), row.fact("time")
    day = dt.date.fromisoformat(date) if date else None
    return _day(day, dt.time.fromisoformat(time) if time else None)


def _day(date: dt.date | None, time: dt.time | None) -> str:
    if date is None:
        return ""
    day = date_format(date, "WEEKDAY_DAY_SHORT_FORMAT")
    return f"{day}, {time_format(time, 'CLOCK_FORMAT')}" if time else day


def _name(run: BulkRun, model: type[User] | type[CaseType]) -> str:
    """Return the name of the technician or type that the run gives to its cases. It is read only once."""
    if run.chosen_name is None:
        chosen = Parameters.of(run)
        if model is User:
            person = User.objects.filter(pk=chosen.technician or 0).first()
            run.chosen_name = person.display_name if person else ""
        else:
            kept = CaseType.objects.filter(pk=chosen.case_type or 0).first()
            run.chosen_name = kept.name if kept else ""
    return run.chosen_name
