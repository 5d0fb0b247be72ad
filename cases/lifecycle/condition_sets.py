"""Changing the conditions of many locked cases in few statements. cases.lifecycle.case_conditions is for one case.

Each function stores the conditions and returns the events, which are not stored yet. `recount` comes last.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from cases.db.bulk import ids_as_rows
from cases.lifecycle.history import EventRecorder
from cases.models import Case, CaseAnswer, CaseDocument, CaseEvent, Condition, User
from cases.models.condition import UNMET
from cases.models.condition_kinds import MET_BY_WORK

Kind = Condition.Kind
State = Condition.State
Event = CaseEvent.Kind
# The recorder of each case's step, by the key of the case.
Recorders = dict[int, EventRecorder]
APPROVED = Q(state=State.MET, kind=Kind.APPROVAL)
MET_WORK = Q(state=State.MET, kind__in=MET_BY_WORK)


def of_cases(cases: Collection[int], which: Q) -> dict[int, list[Condition]]:
    """Return the conditions of these cases that match `which`, by case. One statement."""
    found: dict[int, list[Condition]] = defaultdict(list)
    for condition in Condition.objects.filter(which, case__in=ids_as_rows(list(cases))):
        found[condition.case_id].append(condition)
    return found


def lapse_approvals(recorders: Recorders) -> list[CaseEvent]:
    """Reopen the approvals of these cases, because what would be released is no longer what was approved."""
    return reopen(_of(recorders, APPROVED), recorders, Event.APPROVAL_LAPSED, lapsed=True)


def reopen_on_return(recorders: Recorders) -> list[CaseEvent]:
    """Reopen the conditions that work on the cases meets, and let approvals lapse."""
    return reopen(_of(recorders, MET_WORK), recorders, Event.CONDITION_REOPENED) + lapse_approvals(recorders)


def settle_by_work(recorders: Recorders) -> tuple[list[Condition], list[CaseEvent]]:
    """Meet the conditions that the reports and answers of these cases meet. Return these conditions too."""
    there = _work_done(_of(recorders, UNMET & Q(kind__in=MET_BY_WORK)))
    return there, settle(there, recorders, Event.CONDITION_MET)


def settle(
    conditions: Sequence[Condition],
    recorders: Recorders,
    event: CaseEvent.Kind,
    *,
    state: str = State.MET,
    reason: str = "",
) -> list[CaseEvent]:
    """Store the conditions as met or waived by the person of the recorders, who is the same in all."""
    if not conditions:
        return []
    _update(conditions, **settled(recorders[conditions[0].case_id], state) | {"reason": reason})
    return events(event, conditions, recorders, reason=reason)


def reopen(
    conditions: Sequence[Condition],
    recorders: Recorders,
    event: CaseEvent.Kind,
    *,
    lapsed: bool = False,
    **columns: Any,
) -> list[CaseEvent]:
    """Store the conditions as open from now on, and set `columns`."""
    if not conditions:
        return []
    one = recorders[conditions[0].case_id]
    if lapsed:
        columns["lapsed_at"] = one.at
    _update(conditions, **opened(one), **columns)
    return events(event, conditions, recorders)


def settled(recorder: EventRecorder, state: str) -> dict[str, Any]:
    """Return the columns of a condition that is settled by the person of `recorder`, or by no one if a program acts."""
    person = recorder.by if isinstance(recorder.by, User) else None
    return _columns(state, at=recorder.at, by=person, through=recorder.source) | {"lapsed_at": None}


def opened(recorder: EventRecorder) -> dict[str, Any]:
    """Return the columns of a condition that is open since the moment of `recorder`."""
    return _columns(State.OPEN, at=None, by=None, through="") | {"since": recorder.at}


def _columns(state: str, *, at: dt.datetime | None, by: User | None, through: str) -> dict[str, Any]:
    return {
        "state": state,
        "settled_at": at,
        "settled_by": by,
        "settled_through": through,
        "reason": "",
        "approved_digest": "",
    }


def ask_again(conditions: Sequence[Condition], recorders: Recorders, *, owner: int | None) -> list[CaseEvent]:
    """Reopen these approvals for the owner with that key, or for the administrators if it is None."""
    made = reopen(conditions, recorders, Event.CONDITION_REOPENED, owner=owner)
    return _naming_owners(made, dict.fromkeys((each.pk for each in conditions), owner))


def restore_owners(conditions: Sequence[Condition], recorders: Recorders) -> list[CaseEvent]:
    """Store the owners of these open approvals. They are asked from now on."""
    if not conditions:
        return []
    Condition.objects.bulk_update(conditions, ["owner"])
    made = events(Event.CONDITION_REOPENED, conditions, recorders)
    return _naming_owners(made, {each.pk: each.owner_id for each in conditions})


def _naming_owners(made: list[CaseEvent], owners: dict[int, int | None]) -> list[CaseEvent]:
    for event in made:
        event.details["owner"] = owners[event.details["condition"]]
    return made


def events(
    kind: CaseEvent.Kind, conditions: Iterable[Condition], recorders: Recorders, *, reason: str = ""
) -> list[CaseEvent]:
    """Return the event about each of `conditions`, not stored yet."""
    return [recorders[each.case_id].event(kind, reason=reason, details=facts_of(each)) for each in conditions]


def facts_of(condition: Condition) -> dict[str, Any]:
    """Return what an event tells of `condition`."""
    facts: dict[str, Any] = {"condition": condition.pk, "condition_kind": condition.kind}
    return facts | ({"name": condition.name} if condition.name else {})


def recount(cases: Collection[int]) -> dict[int, int]:
    """Recount the open conditions of these locked cases and store the result. Return the cases. Two statements."""
    keys = list(cases)
    of_case = Condition.objects.filter(UNMET, case=OuterRef("pk")).order_by().values("case")
    count = Subquery(of_case.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    rows = Case.objects.filter(pk__in=ids_as_rows(keys))
    rows.annotate(counted=Coalesce(count, 0)).exclude(open_conditions=F("counted")).update(
        open_conditions=Coalesce(count, 0)
    )
    return dict(rows.values_list("pk", "open_conditions"))


def with_reports(cases: Collection[int]) -> set[int]:
    """Return which of these cases have a report."""
    reports = CaseDocument.objects.filter(kind=CaseDocument.Kind.REPORT, case__in=ids_as_rows(list(cases)))
    return set(reports.values_list("case_id", flat=True))


def with_answers(cases: Collection[int]) -> set[int]:
    """Return which of these cases have an answer."""
    answers = CaseAnswer.objects.filter(case__in=ids_as_rows(list(cases))).exclude(text="")
    return set(answers.values_list("case_id", flat=True))


def _of(recorders: Recorders, which: Q) -> list[Condition]:
    return [condition for found in of_cases(recorders, which).values() for condition in found]


def _work_done(conditions: Sequence[Condition]) -> list[Condition]:
    """Return the conditions whose report or answer exists."""
    wanted = {kind: {each.case_id for each in conditions if each.kind == kind} for kind in MET_BY_WORK}
    there = {
        Kind.REPORT: with_reports(wanted[Kind.REPORT]) if wanted[Kind.REPORT] else set(),
        Kind.ANSWER: with_answers(wanted[Kind.ANSWER]) if wanted[Kind.ANSWER] else set(),
    }
    return [each for each in conditions if each.case_id in there[Kind(each.kind)]]


def _update(conditions: Sequence[Condition], **columns: Any) -> None:
    Condition.objects.filter(pk__in=ids_as_rows([each.pk for each in conditions])).update(**columns)
