"""Bulk operations: preview, start, process, undo.

One action on up to limits.BULK_CASES cases. A preview stores a row for each case and changes no case. A worker
processes the started run. An undo is a separate run.
"""

from cases.releases.bulk.errors import NothingSelected, TooManyCases
from cases.releases.bulk.parameters import Parameters
from cases.releases.bulk.preview import CaseSchedule, preview, preview_each, preview_undo
from cases.releases.bulk.registry import actions_for, needs_reason, told, undo_needs_reason
from cases.releases.bulk.worker import PREVIEW_DAYS, start, work_off

__all__ = [
    "PREVIEW_DAYS",
    "CaseSchedule",
    "NothingSelected",
    "Parameters",
    "TooManyCases",
    "actions_for",
    "needs_reason",
    "preview",
    "preview_each",
    "preview_undo",
    "start",
    "told",
    "undo_needs_reason",
    "work_off",
]
