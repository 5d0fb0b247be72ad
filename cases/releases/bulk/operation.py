"""What every bulk action has: who may use it, what it changes, and how it writes that for many cases.

Preview and run check a row with the same functions, which are those of the verb for one case.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.db.models import F, Q

from cases.core.errors import ReasonRequired, Stale
from cases.core.text import clean_text
from cases.db.bulk import ids_as_rows
from cases.lifecycle import condition_sets, permissions, release_stop, stored_clock
from cases.lifecycle.history import EventRecorder
from cases.lifecycle.locking import BY_THE_CLOCK, People
from cases.lifecycle.permissions import OVERDUE, Rule
from cases.lifecycle.stored_clock import ClockMismatch
from cases.lifecycle.why_not_yet import verdicts
from cases.models import BulkRow, BulkRun, Case, CaseEvent, CaseQuerySet, Condition, User
from cases.releases.bulk.errors import ChangedSince
from cases.releases.bulk.parameters import Parameters
from cases.releases.notices import tell_of_events

SOURCE = CaseEvent.Source.BULK


@dataclass(frozen=True)
class Job:
    """What the rows of a preview or a batch have in common. `people` are those that it depends on, and `by`."""

    run: BulkRun
    by: User
    people: People
    now: dt.datetime
    clock_mismatch: str = ""

    @property
    def chosen(self) -> Parameters:
        """What the person chose."""
        return Parameters.of(self.run)


@dataclass
class Item:
    """One row with its case."""

    row: BulkRow
    case: Case


@dataclass
class CaseChange:
    """The change to one case. `case` is a copy, so that a failed batch can be retried in halves."""

    row: BulkRow
    case: Case
    recorder: EventRecorder


class Operation:
    """One bulk action. `permission` is that of its verb on one case.

    The preview calls `people` and `survey`, then `load` for each chunk of rows, and `allow`, `plan`, `check`, `before`
    and `side_effects` for each row. The run calls `people` and `load` for each batch of rows, `allow` and `check` for
    each row, then `changes` and `write`. A subclass defines `write`, and of the others what it needs.
    """

    permission: ClassVar[permissions.Action]
    # Whether cases get another release date.
    moves: ClassVar[bool] = False
    # Whether approvals of the cases lapse.
    lapses: ClassVar[bool] = False
    changed_since: ClassVar[type[Stale]] = ChangedSince

    def __init__(self, job: Job) -> None:
        self.job = job
        self.chosen = job.chosen
        self._cases: list[Case] = []
        self._why: dict[int, str] = {}
        self._approved: set[int] | None = None

    # --- Checks --------------------------------------------------------------------------------------------------

    @classmethod
    def people(cls, rows: Sequence[BulkRow]) -> set[int]:  # noqa: ARG003  (for others to override)
        """Return the keys of the people that these rows depend on, besides the one who acts."""
        return set()

    def load(self, items: Sequence[Item]) -> None:
        """Read what the checks of these items depend on, in a few statements."""
        self._cases = [item.case for item in items]
        self._why = {}
        self._approved = None

    def survey(self, chunks: Iterable[Sequence[Item]]) -> None:
        """Look at all items before any is planned, at the preview. Do nothing if a plan depends only on its own
        case."""

    def plan(self, item: Item) -> None:
        """Set on the row what will happen to its case, at the preview. CaseError if that cannot be determined."""

    def allow(self, item: Item) -> None:
        """Check that the person may do this to the case now, and that the case is as at the preview. CaseError
        otherwise."""
        rule = self.rule(item)
        if item.case.version != item.row.case_version:
            raise self.changed_since()
        if rule.reason and not clean_text(self.reason(item.row)):
            raise ReasonRequired
        if self.permission in BY_THE_CLOCK and self.job.clock_mismatch:
            raise ClockMismatch(self.job.clock_mismatch)

    def rule(self, item: Item) -> Rule:
        """Return the rule under which the person may do this to the case now. NotAllowed or WrongState."""
        by, now = self.job.by, self.job.now
        return permissions.check(self.permission, by=by, case=item.case, now=now, why=self.why_not_yet)

    def check(self, item: Item) -> None:
        """Check what is specific to this action. CaseError if the case cannot be changed."""

    def before(self, item: Item) -> dict[str, Any]:
        """Return the facts about the case that an undo restores, as JSON."""
        return {}

    def side_effects(self, item: Item) -> dict[str, Any]:
        """Return the facts that the preview shows besides the change itself, as JSON."""
        return {"lapses": True} if self.lapses and item.case.pk in self._with_approval() else {}

    def _with_approval(self) -> set[int]:
        """Return which of the loaded cases are approved. They are all looked up together."""
        if self._approved is None:
            self._approved = set(condition_sets.of_cases([case.pk for case in self._cases], condition_sets.APPROVED))
        return self._approved

    def tells_member(self, item: Item) -> bool:
        """Tell whether the member would get an email."""
        return False

    def why_not_yet(self, case: Case) -> str:
        """Return what an overdue case waits for. All loaded ones are looked up together."""
        if not self._why:
            now = self.job.now
            overdue = [each for each in self._cases if permissions.state_of(each, now=now) in OVERDUE]
            _name_technicians(overdue)
            self._why = {pk: verdict.sentences for pk, verdict in verdicts(overdue, now=now).items()}
        return self._why.get(case.pk, "")

    def reason(self, row: BulkRow) -> str:
        """Return the reason: that of the row, or else that of the run."""
        return row.reason or self.job.run.reason

    # --- Writing -------------------------------------------------------------------------------------------------

    def changes(self, items: Sequence[Item]) -> list[CaseChange]:
        """Return a change for each item, with a copy of its case as it was."""
        run, now = self.job.run, self.job.now
        copies = [(item.row, copy(item.case)) for item in items]
        return [
            CaseChange(row, case, EventRecorder(case, by=self.job.by, source=SOURCE, at=now, bulk_run=run.pk))
            for row, case in copies
        ]

    def write(self, changes: Sequence[CaseChange]) -> None:
        """Change the cases, with history and emails, in a few statements. The cases and people are locked."""
        raise NotImplementedError


def cases_of(rows: Sequence[BulkRow], *, by: User) -> CaseQuerySet:
    """Return the cases of `rows` that `by` may know of, with what every check reads and without their texts."""
    visible = Case.objects.visible_to(by).filter(pk__in=ids_as_rows([row.case_id for row in rows]))
    return visible.defer("title", "title_folded", "description").annotate(is_stopped=release_stop.is_on())


def store(changes: Sequence[CaseChange], **columns: Any) -> None:
    """Set `columns` on the cases of `changes`, which get a new version."""
    ids = [change.case.pk for change in changes]
    Case.objects.filter(pk__in=ids_as_rows(ids)).update(version=F("version") + 1, **columns)


def recorders(changes: Sequence[CaseChange]) -> condition_sets.Recorders:
    """Return the recorders of `changes` by case."""
    return {change.case.pk: change.recorder for change in changes}


def record(events: Sequence[CaseEvent]) -> None:
    """Append `events` to the histories in one statement, and notify the people they concern."""
    CaseEvent.objects.bulk_create(events)
    tell_of_events(events)


def recount(changes: Sequence[CaseChange]) -> None:
    """Count the open conditions of these cases again, on the rows and on the copies."""
    counts = condition_sets.recount([change.case.pk for change in changes])
    for change in changes:
        change.case.open_conditions = counts[change.case.pk]


def conditions_of(items: Sequence[Item], which: Q) -> dict[int, list[Condition]]:
    """Return the conditions of the cases of `items` that match `which`, by case."""
    return condition_sets.of_cases([item.case.pk for item in items], which)


def clock_mismatch(permission: permissions.Action) -> str:
    """Return why the clock does not allow the action now, or an empty string if it does or if the action does not
    depend on it."""
    return stored_clock.mismatch() if permission in BY_THE_CLOCK else ""


def _name_technicians(cases: Sequence[Case]) -> None:
    people = User.objects.in_bulk({case.assigned_to_id for case in cases if case.assigned_to_id})
    for case in cases:
        case.assigned_to = people.get(cast(int, case.assigned_to_id))
