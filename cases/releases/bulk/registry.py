"""The operation for each action, and the one that undoes it."""

from cases.lifecycle.permissions import TABLE
from cases.models import BulkRun, User
from cases.releases.bulk import (
    casework,
    condition_actions,
    releasing,
    scheduling,
    spreading,
    undoing,
    undoing_conditions,
    undoing_releases,
)
from cases.releases.bulk.operation import Job, Operation

Action = BulkRun.Action

# The operation of each action, and the one that undoes it.
PAIRS: dict[str, tuple[type[Operation], type[undoing.UndoOperation]]] = {
    Action.RELEASE_NOW: (releasing.ReleaseNow, undoing_releases.UndoRelease),
    Action.SCHEDULE: (scheduling.ScheduleAll, undoing.RestoreSchedule),
    Action.SCHEDULE_EACH: (scheduling.ScheduleEach, undoing.RestoreSchedule),
    Action.SHIFT: (scheduling.Shift, undoing.RestoreSchedule),
    Action.SPREAD: (spreading.Spread, undoing.RestoreSchedule),
    Action.HOLD: (scheduling.Hold, undoing.RestoreSchedule),
    Action.RETURN: (casework.Return, undoing.CompleteAgain),
    Action.HAND_OVER: (casework.HandOver, undoing.HandBack),
    Action.ADD_CONDITION: (condition_actions.AddCondition, undoing_conditions.RemoveCondition),
    Action.MEET_CONDITION: (condition_actions.MeetCondition, undoing_conditions.ReopenMet),
    Action.WAIVE_CONDITION: (condition_actions.WaiveCondition, undoing_conditions.ReopenWaived),
    Action.URGENCY: (casework.Urgency, undoing.RestoreUrgency),
    Action.CASE_TYPE: (casework.ChangeType, undoing.RestoreType),
}
OPERATIONS = {action: operation for action, (operation, _undo) in PAIRS.items()}


def operation_of(job: Job) -> Operation:
    """Return the operation that works for `job`."""
    return kind_of(job.run)(job)


def kind_of(run: BulkRun) -> type[Operation]:
    """Return the class of the operation of `run`."""
    return PAIRS[run.undoes.action][1] if run.undoes else OPERATIONS[run.action]


def actions_for(user: User) -> list[BulkRun.Action]:
    """Return the actions on a selection that `user` may use at all, in the order of their list."""
    return [Action(action) for action in OPERATIONS if action != Action.SCHEDULE_EACH and may_use(action, user)]


def may_use(action: str, user: User) -> bool:
    """Tell whether `user` may use that action on any case at all."""
    return user.is_active and not user.is_member and user.role in TABLE[OPERATIONS[action].permission]


def needs_reason(action: str, by: User) -> bool:
    """Tell whether `by` must give a reason, for all cases together."""
    rule = TABLE[OPERATIONS[action].permission].get(by.role)
    return action != Action.SCHEDULE_EACH and bool(rule and rule.reason)


def undo_needs_reason(run: BulkRun) -> bool:
    """Tell whether an undo of `run` needs a reason, because a release may have to be recalled."""
    return run.action == Action.RELEASE_NOW
