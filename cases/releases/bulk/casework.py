"""Bulk actions on who works on a case, and on its properties: reopen, hand over, urgency and type."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from cases.casework.assignment import handed_over
from cases.casework.case_types import check_choosable
from cases.core.errors import CaseError, WrongState
from cases.db.bulk import ids_as_rows
from cases.delivery.condition_notices import forget_settled
from cases.lifecycle import case_type_conditions, condition_sets
from cases.lifecycle.permissions import Action
from cases.lifecycle.reminder_days import remind_soon
from cases.models import BulkRow, Case, CaseEvent, CaseType, CaseTypeCondition, Condition
from cases.releases.bulk import removed_conditions
from cases.releases.bulk.errors import Unchanged
from cases.releases.bulk.operation import (
    CaseChange,
    Item,
    Job,
    Operation,
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

    def write(self, changes: Sequence[CaseChange]) -> None:
        for change in changes:
            change.case.status, change.case.date_completed = Case.Status.ACCEPTED, None
        events = write_schedules(changes, status=Case.Status.ACCEPTED, date_completed=None)
        events += condition_sets.reopen_on_return(recorders(changes))
        if events:
            recount(changes)
        record(events + [change.recorder.event(Kind.RETURNED, reason=self.reason(change.row)) for change in changes])


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

    def write(self, changes: Sequence[CaseChange]) -> None:
        by_person: dict[int | None, list[CaseChange]] = {}
        events = []
        for change in changes:
            person = self.new_technician(change.row)
            by_person.setdefault(person, []).append(change)
            to = self.job.people[person or 0]
            events.append(handed_over(change.recorder, to=to, reason=self.reason(change.row)))
        for person, theirs in by_person.items():
            store(theirs, assigned_to=person)
            for change in theirs:
                change.case.assigned_to = self.job.people[person or 0]
            remind_soon(self.job.people[person or 0], [change.case for change in theirs])
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

    def write(self, changes: Sequence[CaseChange]) -> None:
        for urgency in Case.Urgency.values:
            if chosen := [change for change in changes if self.new_urgency(change.row) == urgency]:
                store(chosen, urgency=urgency)
        record([self._event(change) for change in changes])

    def _event(self, change: CaseChange) -> CaseEvent:
        details = {"from_urgency": change.case.urgency, "to_urgency": self.new_urgency(change.row)}
        return change.recorder.event(Kind.URGENCY_CHANGED, reason=self.reason(change.row), details=details)


class ChangeType(Operation):
    """Gives all cases the same type, with its conditions instead of those of the former type."""

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
        self.check_type(item, self.types.get(new or 0))
        self.check_conditions(item)

    def check_type(self, item: Item, new: CaseType | None) -> None:
        """Check that this type can be chosen for the case."""
        check_choosable(new, present=item.case.case_type_id)

    def check_conditions(self, item: Item) -> None:
        """Check that the case may have the conditions of its new type, and that an undo could restore the others."""
        _leaving, missing = self._exchange(item)
        if not removed_conditions.fit(self.before(item), more=LETTERS_OF_A_KEY * (len(missing) + 1)):
            raise WrongState(_("This case has too many conditions for a bulk change. Change its type on its page."))

    def before(self, item: Item) -> dict[str, Any]:
        leaving, _missing = self._exchange(item)
        removed = [removed_conditions.facts_to_restore(each) for each in leaving]
        return {"case_type": item.case.case_type_id} | ({"removed": removed} if removed else {})

    def write(self, changes: Sequence[CaseChange]) -> None:
        events = [self._event(change) for change in changes]
        for new in {self.new_type(change.row) for change in changes}:
            store([change for change in changes if self.new_type(change.row) == new], case_type=new)
        events += self._change_conditions(changes)
        recount(changes)
        record(events)

    def _event(self, change: CaseChange) -> CaseEvent:
        details = {"from_type": change.case.case_type_id, "to_type": self.new_type(change.row)}
        return change.recorder.event(Kind.TYPE_CHANGED, reason=self.reason(change.row), details=details)

    def _change_conditions(self, changes: Sequence[CaseChange]) -> list[CaseEvent]:
        exchanged = {change.case.pk: self.exchanged_conditions(change) for change in changes}
        gone = [each for leaving, _coming in exchanged.values() for each in leaving]
        events = condition_sets.events(Kind.CONDITION_REMOVED, gone, recorders(changes))
        forget_settled(gone, at=self.job.now)
        Condition.objects.filter(pk__in=ids_as_rows([each.pk for each in gone])).delete()
        coming = [each for _leaving, coming in exchanged.values() for each in coming]
        added = Condition.objects.bulk_create(coming)
        self.note_what_an_undo_removes(changes, added)
        return events + condition_sets.events(Kind.CONDITION_ADDED, added, recorders(changes))

    def exchanged_conditions(self, change: CaseChange) -> tuple[list[Condition], list[Condition]]:
        """Return the conditions to remove, and those to add, which are not stored yet."""
        leaving, missing = self._exchange(Item(change.row, change.case))
        return leaving, [case_type_conditions.made_of(each, change.case, at=change.recorder.at) for each in missing]

    def note_what_an_undo_removes(self, changes: Sequence[CaseChange], added: Sequence[Condition]) -> None:
        """Record on the rows which conditions each case got and lost. Its type may have different ones than at the
        preview."""
        keys: dict[int, list[int]] = {}
        for each in added:
            keys.setdefault(each.case_id, []).append(each.pk)
        for change in changes:
            change.row.before = self.before(Item(change.row, change.case)) | {"added": keys.get(change.case.pk, [])}
        BulkRow.objects.bulk_update([change.row for change in changes], ["before"])

    def _exchange(self, item: Item) -> tuple[list[Condition], list[CaseTypeCondition]]:
        wanted = self.wanted.get(self.new_type(item.row) or 0, [])
        return case_type_conditions.changes(self.conditions.get(item.case.pk, []), wanted)
