"""The promise: verbs of a release, batches, wake-ups, the sweep, and release on read.

A verb is a function that changes something for a person. All verbs, here and in other rooms, keep to this:

- `by` is the person who acts. `source` is the door they came through (CaseEvent.Source), if the history records it.
  `version`, if given, is the version of the case that the person was looking at.
- It locks the case and the people that it depends on, and checks again who may do what in which state
  (cases.lifecycle.locking).
- It commits state, history, notifications and email rows together (docs/rules.md, 4 and 6). Anything that leaves the
  process leaves after the commit.
- It raises cases.core.errors: NotAllowed, WrongState, Stale for an older `version`, and ClockMismatch if it would
  release or schedule by a clock that is not the portal's. Case.DoesNotExist if `by` may not know about the case.
"""

from cases.casework.assignment import accept
from cases.releases.complete_and_release import (
    cancel_schedule,
    complete,
    release_now,
    return_to_accepted,
    schedule,
)
from cases.releases.condition_links import make_link, meet_by_link
from cases.releases.conditions import add_condition, approve, meet_condition, remove_condition, waive_condition
from cases.releases.on_read import release_due_of
from cases.releases.release_batch import release_batches, release_due
from cases.releases.stop_and_start_releases import start as start_releases
from cases.releases.stop_and_start_releases import stop as stop_releases
from cases.releases.undo_and_recall import recall, undo

__all__ = [
    "accept",
    "add_condition",
    "approve",
    "cancel_schedule",
    "complete",
    "make_link",
    "meet_by_link",
    "meet_condition",
    "recall",
    "release_batches",
    "release_due",
    "release_due_of",
    "release_now",
    "remove_condition",
    "return_to_accepted",
    "schedule",
    "start_releases",
    "stop_releases",
    "undo",
    "waive_condition",
]
