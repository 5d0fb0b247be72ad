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

OPERATIONS: dict[str, type[Operation]] = {
    Action.RELEASE_NOW: releasing.ReleaseNow,
    Action.SCHEDULE: scheduling.ScheduleAll,
    Action.SCHEDULE_EACH: scheduling.ScheduleEach,
    Action.SHIFT: scheduling.Shift,
    Action.SPREAD: spreading.Spread,
    Action.HOLD: scheduling.Hold,
    Action.RETURN: casework.Return,
    Action.HAND_OVER: casework.HandOver,
    Action.ADD_CONDITION: condition_actions.AddCondition,
    Action.MEET_CONDITION: condition_actions.MeetCondition,
    Action.WAIVE_CONDITION: condition_actions.WaiveCondition,
    Action.URGENCY: casework.Urgency,
    Action.CASE_TYPE: casework.ChangeType,
}
UNDO_OF: dict[str, type[undoing.UndoOperation]] = {
    Action.RELEASE_NOW: undoing_releases.UndoRelease,
    Action.SCHEDULE: undoing.RestoreSchedule,
    Action.SCHEDULE_EACH: undoing.RestoreSchedule,
    Action.SHIFT: undoing.RestoreSchedule,
    Action.SPREAD: undoing.RestoreSchedule,
    Action.HOLD: undoing.RestoreSchedule,
    Action.RETURN: undoing.CompleteAgain,
    Action.HAND_OVER: undoing.HandBack,
    Action.ADD_CONDITION: undoing_conditions.RemoveCondition,
    Action.MEET_CONDITION: undoing_conditions.ReopenMet,
    Action.WAIVE_CONDITION: undoing_conditions.ReopenWaived,
    Action.URGENCY: undoing.RestoreUrgency,
    Action.CASE_TYPE: undoing.RestoreType,
}


def operation_of(job: Job) -> Operation:
    """Return the operation that works for `job`."""
    return kind_of(job.run)(job)


def kind_of(run: BulkRun) -> type[Operation]:
    """Return the class of the operation of `run`."""
    return UNDO_OF[run.undoes.action] if run.undoes else OPERATIONS[run.action]


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
