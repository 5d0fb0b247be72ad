"""The promise: verbs of a release, batches, wake-ups, the sweep, and release on read."""

from cases.casework.assignment import accept
from cases.releases.batch import release_batches, release_due
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
from cases.releases.stop_and_start import start as start_releases
from cases.releases.stop_and_start import stop as stop_releases
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
