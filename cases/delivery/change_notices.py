"""Notify technicians of what other people have done to their cases."""

import datetime as dt
from collections.abc import Iterable

from cases.db.bulk import ids_as_rows
from cases.delivery.notifications import notify_each
from cases.lifecycle.history import EventRecorder
from cases.lifecycle.notification_kinds import CHANGES, About
from cases.models import Case, CaseEvent, Condition, Notification, User
from cases.models.condition import UNMET

ORDER = list(CHANGES)


def tell_technician(recorder: EventRecorder, kind: CaseEvent.Kind) -> None:
    """Notify the technician of a case that the person of `recorder` did this to it."""
    if isinstance(recorder.by, User):
        tell_technicians([(recorder.case, kind)], by=recorder.by, at=recorder.at)


def tell_technicians(steps: Iterable[tuple[Case, str]], *, by: User, at: dt.datetime) -> None:
    """Notify the technicians of these cases of what `by` did to them, each technician once for each case."""
    theirs = [(case, kind) for case, kind in steps if kind in CHANGES and case.assigned_to_id not in (None, by.pk)]
    first: dict[int, About] = {}
    for case, kind in sorted(theirs, key=lambda step: ORDER.index(step[1])):
        number, _words = CHANGES[kind]
        first.setdefault(case.pk, About(case.assigned_to_id or 0, case.pk, number))
    if first:
        notify_each(Notification.Kind.CHANGED, sorted(first.values(), key=lambda each: each.case or 0), by=by, at=at)


def to_take_care_of(conditions: Iterable[int]) -> set[int]:
    """Return which of the conditions with these keys are open, and not their technician's own, who is told as the
    owner. One statement, or none."""
    keys = sorted(conditions)
    found = Condition.objects.filter(UNMET, pk__in=ids_as_rows(keys))
    rows = found.values_list("pk", "owner", "case__assigned_to") if keys else []
    return {pk for pk, owner, technician in rows if owner is None or owner != technician}
