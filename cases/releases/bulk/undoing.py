"""Undo of a bulk operation: for each action, the one that restores the earlier values.

A case is restored only if nothing has changed it since. A former date must still be ahead, but is not checked
otherwise, because it was accepted before.
"""

import datetime as dt
from collections.abc import Sequence
from copy import copy
from typing import Any

from django.utils.translation import gettext as _

from cases.core.errors import BadSchedule, WrongState
from cases.delivery.condition_notices import forget_settled
from cases.lifecycle import condition_sets, permissions
from cases.lifecycle.answers import check_answered
from cases.lifecycle.permissions import Action, Rule
from cases.models import BulkRow, Case, CaseEvent, CaseType, Condition
from cases.releases.bulk import removed_conditions
from cases.releases.bulk.casework import ChangeType, HandOver, Urgency
from cases.releases.bulk.errors import ChangedSinceRun
from cases.releases.bulk.operation import (
    CaseChange,
    Item,
    Job,
    Operation,
    record,
    recorders,
    recount,
)
from cases.releases.bulk.scheduling import move, new_schedule, write_schedules
from cases.releases.bulk.untouched_cases import untouched_since
from cases.releases.wakeups import arm_after_commit

Kind = CaseEvent.Kind


class UndoOperation(Operation):
    """Restores the values in the row's `before`, which the preview has copied from the row of the run."""

    changed_since = ChangedSinceRun

    def reason(self, row: BulkRow) -> str:
        """Return the person's reason. Without one, say which run this takes back."""
        return self.job.run.reason or self.default_reason

    @property
    def default_reason(self) -> str:
        """Say which run is undone."""
        return _("Bulk operation %(number)s was undone.") % {"number": self.job.run.undoes_id}


def check_ahead(row: BulkRow, *, now: dt.datetime) -> None:
    """Check that the former schedule, if there was one, is still ahead. BadSchedule otherwise."""
    wanted = new_schedule(row)
    if wanted and wanted.instant <= now:
        raise BadSchedule(_("The previous release date has passed."), field="date")


class RestoreSchedule(UndoOperation):
    """Gives each case its former schedule back, or puts it on hold again."""

    permission = Action.RESCHEDULE
    moves = lapses = True

    def check(self, item: Item) -> None:
        check_ahead(item.row, now=self.job.now)

    def write(self, changes: Sequence[CaseChange]) -> None:
        move(self, changes, [self._kind(change) for change in changes])

    def _kind(self, change: CaseChange) -> CaseEvent.Kind:
        if change.row.to_date is None:
            return Kind.HELD
        return Kind.SCHEDULED if change.case.is_held else Kind.RESCHEDULED


class CompleteAgain(UndoOperation):
    """Takes back a reopening: the case is completed again, with its former date, unless staff have worked on it."""

    permission = Action.COMPLETE
    moves = lapses = True

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.types = CaseType.objects.in_bulk()
        self.answered: set[int] = set()
        self.untouched: set[int] = set()

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        keys = [item.case.pk for item in items]
        self.answered = condition_sets.with_answers(keys)
        self.untouched = untouched_since(self.job.run.undoes, Kind.RETURNED, keys)
        for item in items:
            item.case.case_type = self.types.get(item.case.case_type_id or 0)

    def check(self, item: Item) -> None:
        if item.case.pk not in self.untouched:
            raise self.changed_since()
        check_ahead(item.row, now=self.job.now)
        check_answered(item.case, is_answered=item.case.pk in self.answered)

    def write(self, changes: Sequence[CaseChange]) -> None:
        for change in changes:
            moment = change.row.fact("completed")
            change.case.date_completed = dt.datetime.fromisoformat(moment) if moment else self.job.now
            change.case.status = Case.Status.COMPLETED
        events = write_schedules(changes, status=Case.Status.COMPLETED)
        Case.objects.bulk_update([change.case for change in changes], ["date_completed"])
        met, more = condition_sets.settle_by_work(recorders(changes))
        events += more
        forget_settled(met, at=self.job.now)
        if events:
            recount(changes)
        record(events + [change.recorder.event(Kind.COMPLETED, reason=self.reason(change.row)) for change in changes])
        arm_after_commit(*(change.case for change in changes))


class HandBack(UndoOperation, HandOver):
    """Gives each case back to the technician who had it. Not if the present one has worked on it since."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.untouched: set[int] = set()

    @classmethod
    def people(cls, rows: Sequence[BulkRow]) -> set[int]:
        return {former for row in rows if (former := row.fact("technician"))}

    def new_technician(self, row: BulkRow) -> int | None:
        former: int | None = row.fact("technician")
        return former

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        self.untouched = untouched_since(self.job.run.undoes, Kind.HANDED_OVER, [item.case.pk for item in items])

    def check(self, item: Item) -> None:
        if item.case.pk not in self.untouched:
            raise self.changed_since()
        former = self.job.people.get(self.new_technician(item.row) or 0)
        if former is None or not former.takes_cases:
            raise WrongState(_("The technician who had this case no longer takes cases."))

    def rule(self, item: Item) -> Rule:
        """Check it as if the case had not been handed over yet: the former technician may take it back."""
        as_before = copy(item.case)
        as_before.assigned_to_id = self.new_technician(item.row)
        by, now = self.job.by, self.job.now
        return permissions.check(self.permission, by=by, case=as_before, now=now, why=self.why_not_yet)


class RestoreUrgency(UndoOperation, Urgency):
    """Gives each case its former urgency back."""

    def new_urgency(self, row: BulkRow) -> str:
        return str(row.fact("urgency"))


class RestoreType(UndoOperation, ChangeType):
    """Also restores the conditions that were removed, as they were, with their owners and links."""

    def new_type(self, row: BulkRow) -> int | None:
        former: int | None = row.fact("case_type")
        return former

    def check_type(self, item: Item, new: CaseType | None) -> None:
        """Refuse nothing: the case had this type before, and a case keeps a retired one."""

    def check_conditions(self, item: Item) -> None:
        """Refuse nothing: the case had these conditions before."""

    def side_effects(self, item: Item) -> dict[str, Any]:
        removes = [removed_conditions.named(each) for each in self._added(item.row, item.case)]
        is_told = removes and removed_conditions.fit(item.row.before | {"removes": removes})
        return {"removes": removes} if is_told else {}

    def exchanged_conditions(self, change: CaseChange) -> tuple[list[Condition], list[Condition]]:
        removed = change.row.fact("removed") or []
        returning = [removed_conditions.restored(facts, change.case) for facts in removed]
        return self._added(change.row, change.case), returning

    def _added(self, row: BulkRow, case: Case) -> list[Condition]:
        """Return the conditions that the run has added."""
        keys = row.fact("added") or []
        return [each for each in self.conditions.get(case.pk, []) if each.pk in keys]

    def note_what_an_undo_removes(self, changes: Sequence[CaseChange], added: Sequence[Condition]) -> None:
        """Record nothing: an undo cannot be undone."""
