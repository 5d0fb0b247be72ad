"""What pages say about a bulk run: its title, its button, and its progress."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from cases.core.numbers import grouped
from cases.models import BulkRun, User
from cases.releases import bulk

register = template.Library()

Action, State = BulkRun.Action, BulkRun.State


# By action, for `count` cases.
TITLES = {
    Action.RELEASE_NOW: ngettext_lazy("Release %(cases)s case now", "Release %(cases)s cases now", "count"),
    Action.SCHEDULE: ngettext_lazy(
        "Schedule %(cases)s release for %(date)s", "Schedule %(cases)s releases for %(date)s", "count"
    ),
    Action.SCHEDULE_EACH: ngettext_lazy(
        "Schedule %(cases)s release from a file", "Schedule %(cases)s releases from a file", "count"
    ),
    Action.SHIFT: ngettext_lazy("Move %(cases)s release %(by)s", "Move %(cases)s releases %(by)s", "count"),
    Action.SPREAD: ngettext_lazy(
        "Spread %(cases)s release, up to %(most)s a day", "Spread %(cases)s releases, up to %(most)s a day", "count"
    ),
    Action.HOLD: ngettext_lazy("Put %(cases)s case on hold", "Put %(cases)s cases on hold", "count"),
    Action.RETURN: ngettext_lazy("Reopen %(cases)s case", "Reopen %(cases)s cases", "count"),
    Action.HAND_OVER: ngettext_lazy("Hand over %(cases)s case", "Hand over %(cases)s cases", "count"),
    Action.ADD_CONDITION: ngettext_lazy(
        "Add a condition to %(cases)s case", "Add a condition to %(cases)s cases", "count"
    ),
    Action.MEET_CONDITION: ngettext_lazy(
        "Mark a condition as met for %(cases)s case", "Mark a condition as met for %(cases)s cases", "count"
    ),
    Action.WAIVE_CONDITION: ngettext_lazy(
        "Waive a condition of %(cases)s case", "Waive a condition of %(cases)s cases", "count"
    ),
    Action.URGENCY: ngettext_lazy(
        "Change the urgency of %(cases)s case", "Change the urgency of %(cases)s cases", "count"
    ),
    Action.CASE_TYPE: ngettext_lazy("Change the type of %(cases)s case", "Change the type of %(cases)s cases", "count"),
    Action.UNDO: ngettext_lazy(
        "Undo bulk operation %(run)s for %(cases)s case", "Undo bulk operation %(run)s for %(cases)s cases", "count"
    ),
}
# What the button does. The others change something.
BUTTONS = {
    Action.RELEASE_NOW: ngettext_lazy("Release %(cases)s case", "Release %(cases)s cases", "count"),
    Action.SCHEDULE: ngettext_lazy("Schedule %(cases)s case", "Schedule %(cases)s cases", "count"),
    Action.SCHEDULE_EACH: ngettext_lazy("Schedule %(cases)s case", "Schedule %(cases)s cases", "count"),
    Action.SHIFT: ngettext_lazy("Move %(cases)s case", "Move %(cases)s cases", "count"),
    Action.SPREAD: ngettext_lazy("Move %(cases)s case", "Move %(cases)s cases", "count"),
    Action.HOLD: ngettext_lazy("Put %(cases)s case on hold", "Put %(cases)s cases on hold", "count"),
    Action.RETURN: ngettext_lazy("Reopen %(cases)s case", "Reopen %(cases)s cases", "count"),
    Action.HAND_OVER: ngettext_lazy("Hand over %(cases)s case", "Hand over %(cases)s cases", "count"),
    Action.UNDO: ngettext_lazy("Undo changes to %(cases)s case", "Undo changes to %(cases)s cases", "count"),
}
CHANGE = ngettext_lazy("Change %(cases)s case", "Change %(cases)s cases", "count")
# By whether days are working days, and whether they go back.
DISTANCES = {
    (True, False): ngettext_lazy("%(days)s working day later", "%(days)s working days later", "days"),
    (True, True): ngettext_lazy("%(days)s working day earlier", "%(days)s working days earlier", "days"),
    (False, False): ngettext_lazy("%(days)s day later", "%(days)s days later", "days"),
    (False, True): ngettext_lazy("%(days)s day earlier", "%(days)s days earlier", "days"),
}
CONSEQUENCES = {
    Action.RELEASE_NOW: gettext_lazy("Members will see these cases immediately and get an email."),
    Action.SCHEDULE: gettext_lazy("Cases that already have a release date get the new one."),
    Action.SHIFT: gettext_lazy("Each case keeps its release time."),
    Action.HOLD: gettext_lazy("Members won't see these cases until a release date is set."),
    Action.RETURN: gettext_lazy("These cases will be reopened and their release dates removed."),
    Action.HAND_OVER: gettext_lazy(
        "Your colleague will take over these cases. Their status and release dates won't change."
    ),
    Action.ADD_CONDITION: gettext_lazy("These cases won't be released until all of their conditions are met."),
}


@register.filter
def bulk_title(run: BulkRun) -> str:
    """Return a heading that says what the run does to how many cases."""
    chosen = bulk.Parameters.of(run)
    values = {
        "date": date_format(chosen.date, "WEEKDAY_DAY_SHORT_FORMAT") if chosen.date else "",
        "by": DISTANCES[chosen.working_days, chosen.days < 0] % {"days": abs(chosen.days)},
        "most": grouped(chosen.most_a_day),
        "run": str(run.undoes_id),
    }
    return str(TITLES[Action(run.action)] % (values | _counted(run)))


@register.filter
def bulk_button(run: BulkRun) -> str:
    """Return the label of the button that starts the run."""
    return str(BUTTONS.get(Action(run.action), CHANGE) % _counted(run))


def _counted(run: BulkRun) -> dict[str, Any]:
    """Return how many cases: for the form of the word, and as people read it."""
    return {"count": run.to_do, "cases": grouped(run.to_do)}


@dataclass(frozen=True)
class BulkButton:
    """One action as the bar of a list offers it."""

    action: str
    label: "str | Promise"
    icon: str = ""
    is_wide_only: bool = False


# The most frequent ones, in few words. A phone has room for two.
ON_THE_BAR = (
    BulkButton(Action.SCHEDULE, gettext_lazy("Schedule"), "calendar"),
    BulkButton(Action.SHIFT, gettext_lazy("Move"), "right"),
    BulkButton(Action.HAND_OVER, gettext_lazy("Hand over"), "swap", is_wide_only=True),
    BulkButton(Action.HOLD, gettext_lazy("Put on hold"), "pause", is_wide_only=True),
)


@register.simple_tag
def bulk_buttons(user: User, types_are_kept: object) -> dict[str, list[BulkButton]]:
    """Return what the bar of a list offers `user`: the `first` actions, and `more`.

    Without case types none changes them.
    """
    offered = [action for action in bulk.actions_for(user) if types_are_kept or action != Action.CASE_TYPE]
    first = [button for button in ON_THE_BAR if button.action in offered]
    shown = {button.action for button in first if not button.is_wide_only}
    more = [BulkButton(action, action.label) for action in offered if action not in shown]
    return {"first": first, "more": more}


@register.filter
def move_address(date: dt.date) -> str:
    """Return the address of the form that moves all cases scheduled for `date` to the next working day."""
    day = date.isoformat()
    proposed = {"days": 1, "unit": "working", "direction": "later"}
    selected = {"all": 1, "query": urlencode({"release_from": day, "release_to": day})}
    return reverse("new_bulk_run") + "?" + urlencode({"action": Action.SHIFT, **selected, **proposed})


@register.filter
def action_title(action: str) -> str:
    """Return the name of the action, above its form."""
    return str(Action(action).label)


@register.filter
def action_consequence(action: str) -> str:
    """Return the consequence of the action, as a sentence in its form."""
    return str(CONSEQUENCES.get(Action(action), ""))


@register.filter
def run_class(run: BulkRun) -> str:
    """Return how the outcome of a run is drawn in a list: `ok` or `wait`."""
    return "ok" if run.state == State.DONE else "wait"


@register.filter
def run_outcome(run: BulkRun) -> str:
    """Say how far a started run is, or what came of it."""
    numbers = {"done": grouped(run.changed), "worked": grouped(run.worked), "all": grouped(run.to_do)}
    if run.is_open:
        return _("%(worked)s of %(all)s") % numbers
    return ngettext("%(done)s of %(all)s case changed", "%(done)s of %(all)s cases changed", run.to_do) % numbers
