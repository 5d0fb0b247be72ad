"""The words for the change that will be, or was, made to the case of a row, in the reader's language."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.core.text import isolated
from cases.models import BulkRow, BulkRun, Case, CaseType, Condition, User
from cases.releases.bulk import removed_conditions
from cases.releases.bulk.parameters import Parameters

Action = BulkRun.Action


def told(row: BulkRow, run: BulkRun) -> str:
    """Return the change as a few words. The rows of a run need at most one statement for all of them."""
    change = _undone(row, run.undoes) if run.undoes else CHANGES[run.action](row, run)
    return _with(change, _("Approval needed again") if row.fact("lapses") else "")


def _schedule(row: BulkRow, run: BulkRun) -> str:
    after = {"after": _day(row.to_date, row.to_time)}
    before = _before(row)
    return _("From %(before)s to %(after)s") % (after | {"before": before}) if before else _("To %(after)s") % after


def _hold(row: BulkRow, run: BulkRun) -> str:
    return _("On hold instead of %(before)s") % {"before": _before(row)}


def _return(row: BulkRow, run: BulkRun) -> str:
    return _("In progress again")


def _release(row: BulkRow, run: BulkRun) -> str:
    return _("Released immediately")


def _hand_over(row: BulkRow, run: BulkRun) -> str:
    return _("To %(name)s") % {"name": isolated(_name(run, User))}


def _type(row: BulkRow, run: BulkRun) -> str:
    now = _("Now %(name)s") % {"name": isolated(_name(run, CaseType)) or _("General")}
    return _with(now, _removed(row.fact("removed")))


def _urgency(row: BulkRow, run: BulkRun) -> str:
    return _("Now %(name)s") % {"name": Case.Urgency(Parameters.of(run).urgency).label}


def _condition(row: BulkRow, run: BulkRun) -> str:
    chosen = Parameters.of(run)
    words = {
        Action.ADD_CONDITION: _("Condition added: %(name)s"),
        Action.MEET_CONDITION: _("Condition met: %(name)s"),
        Action.WAIVE_CONDITION: _("Condition waived: %(name)s"),
    }
    name = isolated(chosen.name) or str(Condition.Kind(chosen.kind).label)
    return words[Action(run.action)] % {"name": name}


def _undone(row: BulkRow, run: BulkRun) -> str:
    if run.action == Action.RELEASE_NOW:
        return _("Hidden from the member again, on hold")
    if "date" in row.before:
        day = _day(row.to_date, row.to_time)
        return _("Back to %(before)s") % {"before": day} if day else _("Back on hold")
    if row.fact("asked_again"):
        return _with(_("Previous owner restored"), _("Approval needed again"))
    return _with(_("As it was before"), _removed(row.fact("removes")))


def _removed(conditions: list[dict[str, Any]] | None) -> str:
    if not conditions:
        return ""
    names = ", ".join(isolated(removed_conditions.name_in(each)) for each in conditions)
    return ngettext("Condition removed: %(names)s", "Conditions removed: %(names)s", len(conditions)) % {"names": names}


def _with(change: str, consequence: str) -> str:
    return f"{change}. {consequence}" if consequence else change


CHANGES: dict[str, Callable[[BulkRow, BulkRun], str]] = {
    Action.RELEASE_NOW: _release,
    Action.SCHEDULE: _schedule,
    Action.SCHEDULE_EACH: _schedule,
    Action.SHIFT: _schedule,
    Action.SPREAD: _schedule,
    Action.HOLD: _hold,
    Action.RETURN: _return,
    Action.HAND_OVER: _hand_over,
    Action.ADD_CONDITION: _condition,
    Action.MEET_CONDITION: _condition,
    Action.WAIVE_CONDITION: _condition,
    Action.URGENCY: _urgency,
    Action.CASE_TYPE: _type,
}


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
