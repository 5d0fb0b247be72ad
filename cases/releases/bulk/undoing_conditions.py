"""Undo of a bulk operation on conditions."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from cases.core.errors import WrongState
from cases.db.bulk import ids_as_rows
from cases.delivery.condition_notices import forget_settled
from cases.lifecycle import condition_sets
from cases.lifecycle.condition_owners import can_own
from cases.lifecycle.permissions import Action
from cases.models import BulkRow, CaseEvent, Condition
from cases.models.condition import UNMET
from cases.releases.bulk.condition_actions import FORMER_OWNER
from cases.releases.bulk.operation import CaseChange, Item, Job, conditions_of, record, recorders, recount, store
from cases.releases.bulk.undoing import UndoOperation
from cases.releases.notices import forget_held
from cases.releases.wakeups import wake_if_reached

Kind = CaseEvent.Kind


class ConditionUndo(UndoOperation):
    """Undoes what was done to the condition that `before` names."""

    which = Q()

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.found: dict[int, Condition] = {}

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        named = {item.row.fact("condition") for item in items}
        found = conditions_of(items, self.which & Q(pk__in=[pk for pk in named if pk]))
        self.found = {case: conditions[0] for case, conditions in found.items()}

    def check(self, item: Item) -> None:
        condition = self.found.get(item.case.pk)
        if condition is None or not self.is_as_left(condition, item.row):
            raise WrongState(_("The condition has changed since the bulk operation."))

    def is_as_left(self, condition: Condition, row: BulkRow) -> bool:
        """Tell whether the condition, identified by `which`, is in the state in which the run left it."""
        return True

    def write(self, changes: Sequence[CaseChange]) -> None:
        events = self._change([self.found[change.case.pk] for change in changes], recorders(changes))
        for event in events:
            event.reason = self.job.run.reason or self.default_reason
        store(changes)
        recount(changes)
        record(events)

    def _change(self, conditions: list[Condition], recorders: condition_sets.Recorders) -> list[CaseEvent]:
        raise NotImplementedError


class RemoveCondition(ConditionUndo):
    """Removes the conditions that the run added, including those that it found to be met, but no others that are met.

    An approval that it asked for again gets its former owner back. It stays open.
    """

    permission = Action.ADD_CONDITION
    which = UNMET | condition_sets.MET_WORK

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.owners: dict[int, int | None] = {}

    @classmethod
    def people(cls, rows: Sequence[BulkRow]) -> set[int]:
        return {owner for row in rows if (owner := row.fact(FORMER_OWNER))}

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        asked_again = [item for item in items if item.row.fact("asked_again")]
        self.owners = {item.case.pk: item.row.fact(FORMER_OWNER) for item in asked_again}

    def check(self, item: Item) -> None:
        if item.case.pk in self.owners:
            self._check_former_owner(item.row)
        super().check(item)

    def _check_former_owner(self, row: BulkRow) -> None:
        if FORMER_OWNER not in row.before:
            raise WrongState(_("An approval that was asked for again can't be restored."))
        owner = self.job.people.get(row.fact(FORMER_OWNER) or 0)
        if row.fact(FORMER_OWNER) and (owner is None or not can_own(owner)):
            raise WrongState(_("The previous owner no longer has an active staff account."))

    def is_as_left(self, condition: Condition, row: BulkRow) -> bool:
        return condition.is_open != bool(row.fact("met_at_once"))

    def write(self, changes: Sequence[CaseChange]) -> None:
        super().write(changes)
        forget_held([change.case for change in changes], at=self.job.now)
        wake_if_reached(*(change.case for change in changes))

    def _change(self, conditions: list[Condition], recorders: condition_sets.Recorders) -> list[CaseEvent]:
        kept = [each for each in conditions if each.case_id in self.owners]
        removed = [each for each in conditions if each.case_id not in self.owners]
        for each in kept:
            each.owner_id = self.owners[each.case_id]
        events = condition_sets.events(Kind.CONDITION_REMOVED, removed, recorders)
        forget_settled(removed, at=self.job.now)
        Condition.objects.filter(pk__in=ids_as_rows([each.pk for each in removed])).delete()
        return events + condition_sets.restore_owners(kept, recorders)


class ReopenCondition(ConditionUndo):
    """Reopens the condition that the run met or waived."""

    which = ~UNMET

    def _change(self, conditions: list[Condition], recorders: condition_sets.Recorders) -> list[CaseEvent]:
        return condition_sets.reopen(conditions, recorders, Kind.CONDITION_REOPENED)


class ReopenMet(ReopenCondition):
    permission = Action.MEET_CONDITION


class ReopenWaived(ReopenCondition):
    permission = Action.WAIVE
