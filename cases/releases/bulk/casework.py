"""Bulk actions on who works on a case and on what it is: reopen, hand over, urgency and type."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from cases.casework.assignment import handed_over
from cases.casework.case_types import check_choosable
from cases.core.errors import CaseError, WrongState
from cases.db.bulk import ids_as_rows
from cases.lifecycle import condition_sets, type_conditions
from cases.lifecycle.permissions import Action
from cases.lifecycle.reminder_days import remind_soon
from cases.models import BulkRow, Case, CaseEvent, CaseType, CaseTypeCondition, Condition
from cases.releases.bulk import removed_conditions
from cases.releases.bulk.errors import Unchanged
from cases.releases.bulk.operation import (
    Item,
    Job,
    Operation,
    Step,
    conditions_of,
    record,
    recorders,
    recount,
    store,
)
from cases.releases.bulk.parameters import Parameters
from cases.releases.bulk.scheduling import schedule_before, write_schedules

Kind = CaseEvent.Kind
ANY = Q()
# A key in the facts of a row, with a comma.
LETTERS_OF_A_KEY = 22


class Return(Operation):
    """Reopens completed cases. Their schedules are removed."""

    permission = Action.RETURN
    moves = lapses = True

    def before(self, item: Item) -> dict[str, Any]:
        completed = item.case.date_completed
        return schedule_before(item.case) | {"completed": completed and completed.isoformat()}

    def write(self, steps: Sequence[Step]) -> None:
        for step in steps:
            step.case.status, step.case.date_completed = Case.Status.ACCEPTED, None
        events = write_schedules(steps, status=Case.Status.ACCEPTED, date_completed=None)
        events += condition_sets.reopen_on_return(recorders(steps))
        if events:
            recount(steps)
        record(events + [step.recorder.event(Kind.RETURNED, reason=self.reason(step.row)) for step in steps])


class HandOver(Operation):
    """Gives all cases to one technician."""

    permission = Action.HAND_OVER

    @classmethod
    def people(cls, rows: Sequence[BulkRow]) -> set[int]:
        to = Parameters.of(rows[0].run).technician
        return {to} if to else set()

    def new_technician(self, row: BulkRow) -> int | None:
        """Return the key of the technician who gets the case of that row."""
        return self.chosen.technician

    def check(self, item: Item) -> None:
        to = self.job.people.get(self.new_technician(item.row) or 0)
        if to is None or not to.takes_cases:
            words = _("Choose another technician with an active account who has signed in before.")
            raise CaseError(words, field="technician")
        if item.case.assigned_to_id == to.pk:
            raise Unchanged(_("This technician already has this case."))

    def before(self, item: Item) -> dict[str, Any]:
        return {"technician": item.case.assigned_to_id}

    def write(self, steps: Sequence[Step]) -> None:
        by_person: dict[int | None, list[Step]] = {}
        events = []
        for step in steps:
            person = self.new_technician(step.row)
            by_person.setdefault(person, []).append(step)
            to = self.job.people[person or 0]
            events.append(handed_over(step.recorder, to=to, reason=self.reason(step.row)))
        for person, theirs in by_person.items():
            store(theirs, assigned_to=person)
            remind_soon(self.job.people[person or 0], [step.case for step in theirs])
        record(events)


class Urgency(Operation):
    """Gives all cases the same urgency."""

    permission = Action.CORRECT

    def new_urgency(self, row: BulkRow) -> str:
        """Return the urgency that the case of that row gets."""
        return self.chosen.urgency

    def check(self, item: Item) -> None:
        if item.case.urgency == self.new_urgency(item.row):
            raise Unchanged(_("This case already has this urgency."))

    def before(self, item: Item) -> dict[str, Any]:
        return {"urgency": item.case.urgency}

    def write(self, steps: Sequence[Step]) -> None:
        for urgency in Case.Urgency.values:
            if chosen := [step for step in steps if self.new_urgency(step.row) == urgency]:
                store(chosen, urgency=urgency)
        record([self._event(step) for step in steps])

    def _event(self, step: Step) -> CaseEvent:
        details = {"from_urgency": step.case.urgency, "to_urgency": self.new_urgency(step.row)}
        return step.recorder.event(Kind.URGENCY_CHANGED, reason=self.reason(step.row), details=details)


class ChangeType(Operation):
    """Gives all cases the same type, with its conditions in place of those of the former type."""

    permission = Action.CORRECT

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.types = CaseType.objects.in_bulk()
        self.conditions: dict[int, list[Condition]] = {}
        self.wanted: dict[int, list[CaseTypeCondition]] = {}
        for each in CaseTypeCondition.objects.order_by("pk"):
            self.wanted.setdefault(each.case_type_id, []).append(each)

    def new_type(self, row: BulkRow) -> int | None:
        """Return the key of the type that the case of that row gets."""
        return self.chosen.case_type

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        self.conditions = conditions_of(items, ANY)

    def check(self, item: Item) -> None:
        new = self.new_type(item.row)
        if item.case.case_type_id == new:
            raise Unchanged(_("This case already has this type."))
        check_choosable(self.types.get(new or 0), present=item.case.case_type_id)
        self.check_conditions(item)

    def check_conditions(self, item: Item) -> None:
        """Check that the case may have the conditions of its new type, and that an undo could restore the others."""
        _leaving, missing = self._changes(item)
        if not removed_conditions.fit(self.before(item), more=LETTERS_OF_A_KEY * (len(missing) + 1)):
            raise WrongState(_("This case has too many conditions for a bulk change. Change its type on its page."))

    def before(self, item: Item) -> dict[str, Any]:
        leaving, _missing = self._changes(item)
        removed = [removed_conditions.facts_to_restore(each) for each in leaving]
        return {"case_type": item.case.case_type_id} | ({"removed": removed} if removed else {})

    def write(self, steps: Sequence[Step]) -> None:
        events = [self._event(step) for step in steps]
        for new in {self.new_type(step.row) for step in steps}:
            store([step for step in steps if self.new_type(step.row) == new], case_type=new)
        events += self._change_conditions(steps)
        recount(steps)
        record(events)

    def _event(self, step: Step) -> CaseEvent:
        details = {"from_type": step.case.case_type_id, "to_type": self.new_type(step.row)}
        return step.recorder.event(Kind.TYPE_CHANGED, reason=self.reason(step.row), details=details)

    def _change_conditions(self, steps: Sequence[Step]) -> list[CaseEvent]:
        changes = {step.case.pk: self.change_of(step) for step in steps}
        gone = [each for leaving, _coming in changes.values() for each in leaving]
        events = condition_sets.events(Kind.CONDITION_REMOVED, gone, recorders(steps))
        Condition.objects.filter(pk__in=ids_as_rows([each.pk for each in gone])).delete()
        coming = [each for _leaving, coming in changes.values() for each in coming]
        added = Condition.objects.bulk_create(coming)
        self.note_what_an_undo_removes(steps, added)
        return events + condition_sets.events(Kind.CONDITION_ADDED, added, recorders(steps))

    def change_of(self, step: Step) -> tuple[list[Condition], list[Condition]]:
        """Return which conditions go, and which come and are not stored yet."""
        leaving, missing = self._changes(Item(step.row, step.case))
        return leaving, [type_conditions.made_of(each, step.case, at=step.recorder.at) for each in missing]

    def note_what_an_undo_removes(self, steps: Sequence[Step], added: Sequence[Condition]) -> None:
        """Write on the rows what each case has got and lost. Its type may want others than at the preview."""
        keys: dict[int, list[int]] = {}
        for each in added:
            keys.setdefault(each.case_id, []).append(each.pk)
        for step in steps:
            step.row.before = self.before(Item(step.row, step.case)) | {"added": keys.get(step.case.pk, [])}
        BulkRow.objects.bulk_update([step.row for step in steps], ["before"])

    def _changes(self, item: Item) -> tuple[list[Condition], list[CaseTypeCondition]]:
        wanted = self.wanted.get(self.new_type(item.row) or 0, [])
        return type_conditions.changes(self.conditions.get(item.case.pk, []), wanted)
