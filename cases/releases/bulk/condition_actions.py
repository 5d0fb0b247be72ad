"""Bulk actions on conditions: add one to each case, or meet or waive the one with that name."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from cases.core.errors import WrongState
from cases.core.text import isolated
from cases.delivery.condition_notices import forget_settled
from cases.lifecycle import condition_sets
from cases.lifecycle.permissions import Action
from cases.models import BulkRow, Case, CaseEvent, Condition
from cases.models.condition import UNMET
from cases.models.condition_kinds import ONCE_PER_CASE
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
from cases.releases.conditions import check_owner, to_ask_again
from cases.releases.notices import forget_held
from cases.releases.wakeups import wake_if_reached

Event = CaseEvent.Kind
Kind = Condition.Kind
State = Condition.State
# The fact that an approval which was asked for again had another owner, or none.
FORMER_OWNER = "former_owner"


class AddCondition(Operation):
    """Adds the same condition to each case. An approval that a case already has is asked for again."""

    permission = Action.ADD_CONDITION

    @classmethod
    def people(cls, rows: Sequence[BulkRow]) -> set[int]:
        owner = Parameters.of(rows[0].run).owner
        return {owner} if owner else set()

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.present: dict[int, list[Condition]] = {}

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        self.present = conditions_of(items, Q())

    def check(self, item: Item) -> None:
        owner = self.job.people.get(self.chosen.owner) if self.chosen.owner else None
        check_owner(owner, case=item.case, kind=self.chosen.kind)
        to_ask_again(self.chosen.kind, self.present.get(item.case.pk, []))

    def write(self, changes: Sequence[CaseChange]) -> None:
        formers = {change.case.pk: former for change in changes if (former := self._former(change.case))}
        new = [change for change in changes if change.case.pk not in formers]
        made = Condition.objects.bulk_create([self._made(change) for change in new])
        events = condition_sets.ask_again(list(formers.values()), recorders(changes), owner=self.chosen.owner)
        events += condition_sets.events(Event.CONDITION_ADDED, made, recorders(changes))
        completed = [change for change in new if change.case.status == Case.Status.COMPLETED]
        _conditions, met = condition_sets.settle_by_work(recorders(completed))
        self._note_what_an_undo_restores(changes, made, formers, met)
        store(changes)
        recount(changes)
        record(events + met)

    def _former(self, case: Case) -> Condition | None:
        """Return the condition that a case can have only once, if it has it. An approval can be asked for again."""
        if self.chosen.kind not in ONCE_PER_CASE:
            return None
        present = self.present.get(case.pk, [])
        return next((each for each in present if each.kind == self.chosen.kind), None)

    def _made(self, change: CaseChange) -> Condition:
        chosen, at = self.chosen, change.recorder.at
        return Condition(
            case=change.case, kind=chosen.kind, name=chosen.name, owner_id=chosen.owner, created=at, since=at
        )

    def _note_what_an_undo_restores(
        self,
        changes: Sequence[CaseChange],
        made: Sequence[Condition],
        formers: dict[int, Condition],
        met: Sequence[CaseEvent],
    ) -> None:
        """Record on the rows which condition each case got, whether it was met right away, and a former owner."""
        added = formers | {condition.case_id: condition for condition in made}
        met_at_once = {event.details["condition"] for event in met}
        for change in changes:
            pk, former = added[change.case.pk].pk, formers.get(change.case.pk)
            before: dict[str, Any] = {
                "condition": pk,
                "asked_again": former is not None,
                "met_at_once": pk in met_at_once,
            }
            if former and former.owner_id != self.chosen.owner:
                before[FORMER_OWNER] = former.owner_id
            change.row.before = before
        BulkRow.objects.bulk_update([change.row for change in changes], ["before"])


class SettleCondition(Operation):
    """Settles the first open condition of each case that is of the chosen kind and name."""

    event: CaseEvent.Kind
    state: Condition.State

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.open: dict[int, list[Condition]] = {}

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        self.open = conditions_of(items, UNMET & Q(kind=self.chosen.kind, name=self.chosen.name))

    def check(self, item: Item) -> None:
        if not self.open.get(item.case.pk):
            name = self.chosen.name or str(Kind(self.chosen.kind).label)
            raise WrongState(_("This case has no open condition “%(name)s”.") % {"name": isolated(name)})

    def before(self, item: Item) -> dict[str, Any]:
        return {"condition": self.open[item.case.pk][0].pk}

    def write(self, changes: Sequence[CaseChange]) -> None:
        reason = self.job.run.reason if self.state == State.WAIVED else ""
        first = [self.open[change.case.pk][0] for change in changes]
        events = condition_sets.settle(first, recorders(changes), self.event, state=self.state, reason=reason)
        store(changes)
        recount(changes)
        record(events)
        forget_settled(first, at=self.job.now)
        forget_held([change.case for change in changes], at=self.job.now)
        wake_if_reached(*(change.case for change in changes))


class MeetCondition(SettleCondition):
    permission = Action.MEET_CONDITION
    event = Event.CONDITION_MET
    state = State.MET


class WaiveCondition(SettleCondition):
    permission = Action.WAIVE
    event = Event.CONDITION_WAIVED
    state = State.WAIVED
