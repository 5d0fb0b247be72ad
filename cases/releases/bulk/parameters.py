"""What a person chooses for a bulk operation, and what each action needs of it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.utils.translation import gettext as _

from cases.casework.case_types import check_choosable
from cases.core import limits
from cases.core.errors import CaseError
from cases.core.numbers import grouped
from cases.models import BulkRun, Case, CaseType, User
from cases.models.condition_kinds import MET_BY_HAND
from cases.releases.conditions import check_can_own, clean_condition_name

Action = BulkRun.Action


@dataclass(frozen=True)
class Parameters:
    """What was chosen. Each action reads only its own fields. People and types are keys."""

    date: dt.date | None = None
    time: dt.time | None = None
    days: int = 0
    working_days: bool = False
    most_a_day: int = 0
    technician: int | None = None
    kind: str = ""
    name: str = ""
    owner: int | None = None
    urgency: str = ""
    case_type: int | None = None

    @classmethod
    def of(cls, run: BulkRun) -> Self:
        """Return those of a stored run."""
        facts: dict[str, Any] = dict(run.parameters)
        date, time = facts.pop("date", None), facts.pop("time", None)
        return cls(
            date=dt.date.fromisoformat(date) if date else None,
            time=dt.time.fromisoformat(time) if time else None,
            **facts,
        )

    def stored(self) -> dict[str, Any]:
        """Return them for JSON: values that were not chosen are left out."""
        chosen = {name: value for name, value in asdict(self).items() if value}
        return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in chosen.items()}


def checked(action: Action, chosen: Parameters) -> Parameters:
    """Return the parameters that `action` needs, as they are stored. CaseError, with its field, for an invalid one."""
    return CHECKS[action](chosen) if action in CHECKS else Parameters()


def _date(chosen: Parameters) -> Parameters:
    if chosen.date is None:
        raise CaseError(_("Choose a date."), field="date")
    return Parameters(date=chosen.date, time=chosen.time)


def _shift(chosen: Parameters) -> Parameters:
    if not chosen.days or abs(chosen.days) > limits.DAYS:
        words = _("Enter a number of days other than 0, up to %(most)s. A minus sign means earlier.")
        raise CaseError(words % {"most": limits.DAYS}, field="days")
    return Parameters(days=chosen.days, working_days=chosen.working_days)


def _spread(chosen: Parameters) -> Parameters:
    if not 1 <= chosen.most_a_day <= limits.BULK_CASES:
        words = _("Enter a number from 1 to %(most)s.")
        raise CaseError(words % {"most": grouped(limits.BULK_CASES)}, field="most_a_day")
    return Parameters(date=_date(chosen).date, most_a_day=chosen.most_a_day)


def _technician(chosen: Parameters) -> Parameters:
    to = User.objects.filter(pk=chosen.technician).first() if chosen.technician else None
    if to is None or not to.takes_cases:
        raise CaseError(_("Choose a technician with an active account who has signed in before."), field="technician")
    return Parameters(technician=to.pk)


def _new_condition(chosen: Parameters) -> Parameters:
    if chosen.owner:
        check_can_own(User.objects.filter(pk=chosen.owner).first())
    named = _condition(chosen)
    return Parameters(kind=named.kind, name=named.name, owner=chosen.owner)


def _condition(chosen: Parameters) -> Parameters:
    return Parameters(kind=chosen.kind, name=clean_condition_name(chosen.kind, chosen.name))


def _condition_met_by_hand(chosen: Parameters) -> Parameters:
    if chosen.kind not in MET_BY_HAND:
        raise CaseError(_("This condition can't be confirmed by hand."), field="kind")
    return _condition(chosen)


def _urgency(chosen: Parameters) -> Parameters:
    if chosen.urgency not in Case.Urgency.values:
        raise CaseError(_("Choose an urgency."), field="urgency")
    return Parameters(urgency=chosen.urgency)


def _case_type(chosen: Parameters) -> Parameters:
    kept = CaseType.objects.filter(pk=chosen.case_type).first() if chosen.case_type else None
    if chosen.case_type and kept is None:
        raise CaseError(_("Choose a case type."), field="case_type")
    check_choosable(kept, present=None)
    return Parameters(case_type=chosen.case_type)


CHECKS: dict[Action, Callable[[Parameters], Parameters]] = {
    Action.SCHEDULE: _date,
    Action.SHIFT: _shift,
    Action.SPREAD: _spread,
    Action.HAND_OVER: _technician,
    Action.ADD_CONDITION: _new_condition,
    Action.MEET_CONDITION: _condition_met_by_hand,
    Action.WAIVE_CONDITION: _condition,
    Action.URGENCY: _urgency,
    Action.CASE_TYPE: _case_type,
}
