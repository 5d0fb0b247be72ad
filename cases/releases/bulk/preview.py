"""The preview of a bulk operation: a verdict for each case, and totals. It changes no case."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.clock import portal_now
from cases.core.errors import CaseError, NotAllowed, ReasonRequired, WrongState
from cases.core.text import clean_text
from cases.lifecycle.history import log_committed
from cases.models import BulkRow, BulkRun, User
from cases.releases.bulk import open_previews
from cases.releases.bulk.errors import NothingSelected, TooManyCases, code_of
from cases.releases.bulk.operation import Item, Job, Operation, cases_of, clock_mismatch
from cases.releases.bulk.parameters import Parameters, checked
from cases.releases.bulk.registry import (
    KINDS,
    kind_of,
    may_use,
    needs_reason,
    operation_of,
    undo_needs_reason,
)
from cases.releases.bulk.totals import Totals

Action = BulkRun.Action
Code = BulkRow.Code
# Read, checked and stored together.
CHUNK = 1000


@dataclass(frozen=True)
class CaseSchedule:
    """The key of a case, and its new schedule."""

    key: int
    date: dt.date
    time: dt.time | None = None
    reason: str = ""


@transaction.atomic
def preview(*, by: User, action: str, keys: Sequence[int], parameters: Parameters, reason: str = "") -> BulkRun:
    """Store what `action` would do to the cases with these keys, in their order. Return the run, which is not started.

    Cases that `by` may not know about are left out, and a case that is named twice counts once. NothingSelected,
    TooManyCases, NotAllowed if `by` may not use the action at all, ReasonRequired, CaseError for a parameter.
    """
    _check_person(by, action)
    reason = _checked_reason(reason, is_needed=needs_reason(action, by))
    run = BulkRun(action=action, parameters=checked(Action(action), parameters).stored(), reason=reason, by=by)
    return _store(run, [BulkRow(case_id=key) for key in dict.fromkeys(keys)])


@transaction.atomic
def preview_each(*, by: User, schedules: Sequence[CaseSchedule]) -> BulkRun:
    """Do the same as `preview`, with a separate schedule for each case. If there are two for one case, the first
    counts."""
    _check_person(by, Action.SCHEDULE_EACH)
    first = {each.key: each for each in reversed(schedules)}
    kept = [each for each in schedules if first[each.key] is each]
    rows = [
        BulkRow(case_id=each.key, to_date=each.date, to_time=each.time, reason=_checked_reason(each.reason))
        for each in kept
    ]
    return _store(BulkRun(action=Action.SCHEDULE_EACH, by=by), rows)


@transaction.atomic
def preview_undo(*, by: User, run: BulkRun, reason: str = "") -> BulkRun:
    """Do the same as `preview`, for an undo of what `run` has changed.

    NotAllowed for anyone but its creator and administrators. WrongState while it is not done, if it is an undo itself,
    and if it has changed nothing.
    """
    if run.by_id != by.pk and not by.is_administrator:
        raise NotAllowed(_("Only the person who started this bulk operation, and administrators, can undo it."))
    if run.state != BulkRun.State.DONE or run.action == Action.UNDO or not run.changed:
        raise WrongState(_("This bulk operation can't be undone."))
    _check_person(by, run.action)
    reason = _checked_reason(reason, is_needed=undo_needs_reason(run))
    done = BulkRow.objects.filter(run=run, result=Code.DONE).order_by("position")
    undo = BulkRun(action=Action.UNDO, undoes=run, parameters=run.parameters, reason=reason, by=by)
    return _store(undo, [_undoing(row) for row in done])


def _undoing(row: BulkRow) -> BulkRow:
    """Return the row that restores the state before `row`. The run has created one version of the case."""
    date, time = row.fact("date"), row.fact("time")
    return BulkRow(
        case_id=row.case_id,
        case_version=row.case_version + 1,
        before=row.before,
        to_date=dt.date.fromisoformat(date) if date else None,
        to_time=dt.time.fromisoformat(time) if time else None,
    )


def _store(run: BulkRun, rows: Sequence[BulkRow]) -> BulkRun:
    """Judge `rows` and store them with their run and its totals."""
    if len(rows) > limits.BULK_CASES:
        raise TooManyCases
    run.created, run.language = portal_now(), get_language() or settings.LANGUAGE_CODE
    run.save()
    for row in rows:
        row.run = run
    people = User.objects.in_bulk(kind_of(run).people(rows) if rows else [])
    job = Job(run, run.by, people, run.created, clock_mismatch(kind_of(run).permission))
    operation, totals = operation_of(job), Totals(run.created)
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    operation.survey(_items(chunk, by=run.by) for chunk in chunks)
    for chunk in chunks:
        items = _items(chunk, by=run.by)
        operation.load(items)
        for item in items:
            _judge(item, run, operation)
            totals.add(item, operation)
        BulkRow.objects.bulk_create([item.row for item in items])
    if not run.total:
        raise NothingSelected
    run.mails, run.crowded = totals.mails(), totals.crowded()
    run.save()
    open_previews.keep_latest(run.by)
    log_committed("bulk operation previewed", run=run.pk, action=run.action, cases=run.total, by=run.by_id)
    return run


def _items(rows: Sequence[BulkRow], *, by: User) -> list[Item]:
    """Return `rows` with their cases, in one statement, without those that `by` may not know about."""
    found = {case.pk: case for case in cases_of(rows, by=by).order_by()}
    return [Item(row, found[row.case_id]) for row in rows if row.case_id in found]


def _judge(item: Item, run: BulkRun, operation: Operation) -> None:
    """Set the verdict on a row, and count it."""
    row = item.row
    row.position = run.total
    run.total += 1
    if not run.undoes:
        row.case_version = item.case.version
    try:
        operation.allow(item)
        operation.plan(item)
        operation.check(item)
    except CaseError as error:
        row.verdict, row.words = code_of(error), error.message[: limits.ERROR]
        return
    row.verdict = Code.WILL
    before = row.before if run.undoes else operation.before(item)
    row.before = before | operation.side_effects(item)
    run.to_do += 1


def _check_person(by: User, action: str) -> None:
    if action not in KINDS:
        raise CaseError(_("Choose an action."), field="action")
    if not may_use(action, by):
        raise NotAllowed(_("You don't have permission to do this."))


def _checked_reason(reason: str, *, is_needed: bool = False) -> str:
    reason = clean_text(reason)
    limits.check_length(reason, limits.REASON, field="reason")
    if is_needed and not reason:
        raise ReasonRequired
    return reason
