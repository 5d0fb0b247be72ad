"""The promise: verbs of a release, batches, wake-ups, the sweep, and release on read."""

from cases.casework.assignment import accept
from cases.releases.actions import (
    cancel_schedule,
    complete,
    release_now,
    return_to_accepted,
    schedule,
)
from cases.releases.batch import release_batches, release_due
from cases.releases.on_read import release_due_of
from cases.releases.taking_back import recall, undo

__all__ = [
    "accept",
    "cancel_schedule",
    "complete",
    "recall",
    "release_batches",
    "release_due",
    "release_due_of",
    "release_now",
    "return_to_accepted",
    "schedule",
    "undo",
]
