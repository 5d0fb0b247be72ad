"""Correcting the type and urgency of a case. The people who work on it do that. Members choose them in the draft."""

from django.db import transaction

from cases.casework.case_types import check_choosable
from cases.delivery.change_notices import tell_technician
from cases.delivery.condition_notices import forget_settled
from cases.lifecycle import case_type_conditions
from cases.lifecycle.locking import check_version, lock_for_action
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, CaseType, User

Kind = CaseEvent.Kind


@transaction.atomic
def correct(
    *, case: Case, by: User, source: str, case_type: CaseType | None, urgency: str, version: int | None = None
) -> Case:
    """Give a submitted or accepted case this type (None: General) and urgency.

    Open conditions from the former type make way for those of the new one. What stays as it was leaves no history.
    CaseError for a type that is retired. Stale if the person was looking at an older `version`, unless nothing would
    change, as when a button is pressed twice.
    """
    locked = lock_for_action(case, Action.CORRECT, by=by, source=source)
    case, recorder = locked.case, locked.recorder
    former_type, former_urgency = case.case_type_id, case.urgency
    if (case_type and case_type.pk, urgency) == (former_type, former_urgency):
        return case
    check_version(case, version, by=by)
    check_choosable(case_type, present=former_type)
    case.case_type, case.urgency = case_type, urgency
    if urgency != former_urgency:
        recorder.record(Kind.URGENCY_CHANGED, details={"from_urgency": former_urgency, "to_urgency": urgency})
    if case.case_type_id != former_type:
        recorder.record(Kind.TYPE_CHANGED, details={"from_type": former_type, "to_type": case.case_type_id})
        forget_settled(case_type_conditions.apply(case, recorder), at=recorder.at)
    locked.save("case_type", "urgency", "open_conditions")
    tell_technician(recorder, Kind.URGENCY_CHANGED if case.case_type_id == former_type else Kind.TYPE_CHANGED)
    return case
