"""The conditions that a case has from its type.

A case gets them when it is submitted, and different ones when its type is corrected. A change to a type affects only
cases submitted later.
"""

import datetime as dt

from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.errors import CaseError
from cases.lifecycle import condition_sets
from cases.lifecycle.case_conditions import record_all
from cases.lifecycle.history import EventRecorder
from cases.models import Case, CaseEvent, CaseTypeCondition, Condition
from cases.models.condition_kinds import ONCE_PER_CASE

Key = tuple[str, str]


def apply(case: Case, recorder: EventRecorder) -> list[Condition]:
    """Give the locked `case` the conditions of its type, and count them, without saving the case. Return those removed.

    Open ones from another type are removed. Conditions that the new type also has stay unchanged, with owner and age,
    and so do those that are met or waived. CaseError if the case would have more than CONDITIONS.
    """
    wanted = list(case.case_type.conditions.all()) if case.case_type else []
    gone, missing = changes(list(case.conditions.all()), wanted)
    recorders = {case.pk: recorder}
    events = condition_sets.events(CaseEvent.Kind.CONDITION_REMOVED, gone, recorders)
    case.conditions.filter(pk__in=[each.pk for each in gone]).delete()
    added = Condition.objects.bulk_create(made_of(each, case, at=recorder.at) for each in missing)
    events += condition_sets.events(CaseEvent.Kind.CONDITION_ADDED, added, recorders)
    record_all(events, recorder)
    return gone


def changes(
    present: list[Condition], wanted: list[CaseTypeCondition]
) -> tuple[list[Condition], list[CaseTypeCondition]]:
    """Return which of the `present` conditions of a case to remove, and which conditions of its type are missing.

    CaseError if the case would have more than CONDITIONS.
    """
    by_key = {_key(each): each for each in wanted}
    gone = [each for each in present if each.from_type and each.is_open and _key(each) not in by_key]
    kept = {_key(each) for each in present if each not in gone}
    missing = [each for key, each in by_key.items() if key not in kept]
    if len(present) - len(gone) + len(missing) > limits.CONDITIONS:
        raise CaseError(_("With this type the case would have too many conditions."), field="case_type")
    return gone, missing


def made_of(wanted: CaseTypeCondition, case: Case, *, at: dt.datetime) -> Condition:
    """Return a condition of `case` from its type, not stored yet."""
    return Condition(case=case, kind=wanted.kind, name=wanted.name, from_type=True, created=at, since=at)


def _key(condition: Condition | CaseTypeCondition) -> Key:
    """Return the values that identify a condition of a type."""
    return condition.kind, "" if condition.kind in ONCE_PER_CASE else condition.name
