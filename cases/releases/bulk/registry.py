"""The bulk actions: one line for each.

What a person chooses for one is checked in cases.releases.bulk.parameters, and typed into a form of cases.forms.bulk.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cases.lifecycle.permissions import TABLE
from cases.models import BulkRow, BulkRun, User
from cases.releases.bulk import (
    casework,
    condition_actions,
    releasing,
    row_texts,
    scheduling,
    spreading,
    undoing,
    undoing_conditions,
    undoing_releases,
)
from cases.releases.bulk.operation import Job, Operation

Action = BulkRun.Action


@dataclass(frozen=True)
class BulkKind:
    """What one action does to a case, what undoes that, and the words for it."""

    operation: type[Operation]
    undo: type[undoing.UndoOperation]
    words: Callable[[BulkRow, BulkRun], str]


KINDS: dict[str, BulkKind] = {
    Action.RELEASE_NOW: BulkKind(releasing.ReleaseNow, undoing_releases.UndoRelease, row_texts.released),
    Action.SCHEDULE: BulkKind(scheduling.ScheduleAll, undoing.RestoreSchedule, row_texts.scheduled),
    Action.SCHEDULE_EACH: BulkKind(scheduling.ScheduleEach, undoing.RestoreSchedule, row_texts.scheduled),
    Action.SHIFT: BulkKind(scheduling.Shift, undoing.RestoreSchedule, row_texts.scheduled),
    Action.SPREAD: BulkKind(spreading.Spread, undoing.RestoreSchedule, row_texts.scheduled),
    Action.HOLD: BulkKind(scheduling.Hold, undoing.RestoreSchedule, row_texts.put_on_hold),
    Action.RETURN: BulkKind(casework.Return, undoing.CompleteAgain, row_texts.reopened),
    Action.HAND_OVER: BulkKind(casework.HandOver, undoing.HandBack, row_texts.handed_over),
    Action.ADD_CONDITION: BulkKind(
        condition_actions.AddCondition, undoing_conditions.RemoveCondition, row_texts.condition
    ),
    Action.MEET_CONDITION: BulkKind(condition_actions.MeetCondition, undoing_conditions.ReopenMet, row_texts.condition),
    Action.WAIVE_CONDITION: BulkKind(
        condition_actions.WaiveCondition, undoing_conditions.ReopenWaived, row_texts.condition
    ),
    Action.URGENCY: BulkKind(casework.Urgency, undoing.RestoreUrgency, row_texts.another_urgency),
    Action.CASE_TYPE: BulkKind(casework.ChangeType, undoing.RestoreType, row_texts.another_type),
}


def operation_of(job: Job) -> Operation:
    """Return the operation that works for `job`."""
    return kind_of(job.run)(job)


def kind_of(run: BulkRun) -> type[Operation]:
    """Return the class of the operation of `run`."""
    return KINDS[run.undoes.action].undo if run.undoes else KINDS[run.action].operation


def told(row: BulkRow, run: BulkRun) -> str:
    """Return the change as a few words. The rows of a run need at most one statement for all of them."""
    change = row_texts.undone(row, run.undoes) if run.undoes else KINDS[run.action].words(row, run)
    return row_texts.with_consequence(change, _("Approval needed again") if row.fact("lapses") else "")


def actions_for(user: User) -> list[BulkRun.Action]:
    """Return the actions on a selection that `user` may use at all, in the order of their list."""
    return [Action(action) for action in KINDS if action != Action.SCHEDULE_EACH and may_use(action, user)]


def may_use(action: str, user: User) -> bool:
    """Tell whether `user` may use that action on any case at all."""
    return user.is_active and not user.is_member and user.role in TABLE[KINDS[action].operation.permission]


def needs_reason(action: str, by: User) -> bool:
    """Tell whether `by` must give a reason, for all cases together."""
    rule = TABLE[KINDS[action].operation.permission].get(by.role)
    return action != Action.SCHEDULE_EACH and bool(rule and rule.reason)


def undo_needs_reason(run: BulkRun) -> bool:
    """Tell whether an undo of `run` needs a reason, because a release may have to be recalled."""
    return run.action == Action.RELEASE_NOW
