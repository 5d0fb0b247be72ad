"""Process a bulk operation in short transactions of BATCH rows.

A worker claims the run for a lease, and every batch renews it. A batch locks the run, the people and the cases, in that
order, checks each row again as the single verb does, and commits the changes together with the results of the rows. So
if a worker is killed, the next one continues where it stopped, and no row is done twice.
"""

import datetime as dt
import math
import time
import uuid
from collections.abc import Sequence

import structlog
from django.db import DatabaseError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.clock import portal_now
from cases.core.errors import CaseError, NotAllowed, WrongState
from cases.core.safe_errors import describe
from cases.db.bisect import write_or_bisect
from cases.db.bulk import ids_as_rows
from cases.db.retry import retry_until_stored
from cases.delivery import celery_publisher
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import in_lock_order, lock_people_by_key
from cases.models import BulkRow, BulkRun, User
from cases.models.bulk_run import OPEN_ROW
from cases.releases.bulk.errors import ROW_FAILED, code_of
from cases.releases.bulk.operation import Item, Job, Operation, cases_of, clock_mismatch
from cases.releases.bulk.registry import kind_of, operation_of

logger = structlog.get_logger(__name__)

BATCH = 500
# Another worker replaces a killed one after this time. A live one renews its lease with every batch, and holds the lock
# on the run during a batch.
LEASE = dt.timedelta(seconds=20)
# How long a worker waits for a database that is down.
PATIENCE = dt.timedelta(seconds=15)
# An older preview says too little about the present state of the cases.
PREVIEW_DAYS = 1

State = BulkRun.State
Code = BulkRow.Code


@transaction.atomic
def start(*, by: User, run: BulkRun) -> BulkRun:
    """Have the previewed run processed.

    NotAllowed for anyone but its creator. WrongState if it was already started, or its preview is older than
    PREVIEW_DAYS or deleted.
    """
    if run.by_id != by.pk:
        raise NotAllowed(_("Only the person who created this preview can start the operation."))
    locked = BulkRun.objects.select_for_update(no_key=True).filter(pk=run.pk).first()
    now = portal_now()
    if locked is not None and locked.state != State.PREVIEWED:
        raise WrongState(_("This bulk operation was already started."))
    if locked is None or locked.created < now - dt.timedelta(days=PREVIEW_DAYS):
        raise WrongState(_("This preview has expired. Select the cases again."))
    run = locked
    run.state, run.started = State.WAITING, now
    run.save(update_fields=["state", "started"])
    log_committed("bulk operation started", run=run.pk, action=run.action, cases=run.to_do, by=by.pk)
    transaction.on_commit(celery_publisher.publish_bulk_waiting, robust=True)
    return run


def is_waiting() -> bool:
    """Tell whether a run waits for a worker, or its worker has died. One index probe."""
    return BulkRun.objects.claimable(portal_now()).exists()


def hand_over_runs() -> None:
    """Tell the workers if a run waits for one."""
    if is_waiting():
        celery_publisher.publish_bulk_waiting()


def work_off(*, seconds: float | None = None) -> int:
    """Process waiting runs until there are none or `seconds` have passed.

    Return how many rows were processed. Anything left waits for another worker, which is notified.
    """
    ends = time.monotonic() + seconds if seconds is not None else math.inf
    count = 0
    while time.monotonic() < ends and (run := _claim()):
        count += _work_until(ends, run)
    if time.monotonic() >= ends:
        hand_over_runs()
    return count


@transaction.atomic
def _claim() -> BulkRun | None:
    """Claim the oldest run that waits for a worker."""
    now = portal_now()
    free = BulkRun.objects.claimable(now).select_for_update(skip_locked=True, no_key=True)
    if run := free.first():
        run.state, run.claim, run.lease_until = State.RUNNING, uuid.uuid4(), now + LEASE
        run.save(update_fields=["state", "claim", "lease_until"])
    return run


def _return_claim(run: BulkRun) -> None:
    """Let another worker continue the run now."""
    BulkRun.objects.filter(pk=run.pk, claim=run.claim, state=State.RUNNING).update(lease_until=portal_now())


def _work_until(ends: float, claimed: BulkRun) -> int:
    """Process the claimed run until it is done, another worker has claimed it, or the time is over. Return how many
    rows were processed."""
    count = 0
    while batch := _work_batch(claimed):
        run, rows = batch
        count += rows
        if not run.is_open:
            break
        if time.monotonic() >= ends:
            _return_claim(run)
            break
    return count


# The results of rows are committed with their changes. Even if the response to a commit was lost, a second try does
# only what is left.
@retry_until_stored(lambda: PATIENCE)
def _work_batch(claimed: BulkRun) -> tuple[BulkRun, int] | None:
    """Process the next rows of the run, if this worker still holds the claim. Return the run and how many."""
    with transaction.atomic():
        held = BulkRun.objects.filter(pk=claimed.pk, claim=claimed.claim, state=State.RUNNING)
        run = held.select_related("undoes").select_for_update(no_key=True, of=("self",)).first()
        if run is None:
            return None
        rows = list(run.rows.filter(OPEN_ROW).order_by("position")[:BATCH])
        if rows:
            _work(run, rows)
        run.worked += len(rows)
        run.changed += sum(row.result == Code.DONE for row in rows)
        run.lease_until = portal_now() + LEASE
        if len(rows) < BATCH:
            run.state, run.finished, run.lease_until = State.DONE, portal_now(), None
        run.save(update_fields=["worked", "changed", "state", "finished", "lease_until"])
        facts = {"run": run.pk, "action": run.action, "rows": len(rows), "worked": run.worked, "changed": run.changed}
        log_committed("bulk rows worked off", **facts)
    return run, len(rows)


def _work(run: BulkRun, rows: Sequence[BulkRow]) -> None:
    """Change the cases of `rows` under their locks, and store the results."""
    kind = kind_of(run)
    people = lock_people_by_key({run.by_id, *kind.people(rows)})
    with translation.override(run.language):
        items = _lock_items(rows, by=people[run.by_id])
        operation = operation_of(Job(run, people[run.by_id], people, portal_now(), clock_mismatch(kind.permission)))
        operation.load(items)
        _apply([item for item in items if _passes(item, operation)], operation)
    BulkRow.objects.filter(pk__in=ids_as_rows([row.pk for row in rows if row.result == Code.DONE])).update(
        result=Code.DONE
    )
    BulkRow.objects.bulk_update([row for row in rows if row.result != Code.DONE], ["result", "words"])


def _lock_items(rows: Sequence[BulkRow], *, by: User) -> list[Item]:
    """Lock the cases of `rows`. Refuse those that `by` may no longer see."""
    found = {case.pk: case for case in in_lock_order(cases_of(rows, by=by))}
    for row in rows:
        if row.case_id not in found:
            _refuse(row, NotAllowed(_("You don't have permission to do this.")))
    return [Item(row, found[row.case_id]) for row in rows if row.case_id in found]


def _passes(item: Item, operation: Operation) -> bool:
    """Tell whether the case may still be changed. If not, record why on the row."""
    try:
        operation.allow(item)
        operation.check(item)
    except CaseError as error:
        _refuse(item.row, error)
        return False
    return True


def _apply(items: Sequence[Item], operation: Operation) -> None:
    """Change the cases, and set the results on the rows."""
    for item in items:
        item.row.result = Code.DONE
    faults = (DatabaseError, CaseError)
    for item, error in write_or_bisect(items, lambda some: operation.write(operation.changes(some)), faults=faults):
        _fail(item.row, error)


def _refuse(row: BulkRow, error: CaseError) -> None:
    row.result, row.words = code_of(error), error.message[: limits.ERROR]


def _fail(row: BulkRow, error: Exception) -> None:
    if isinstance(error, CaseError):
        _refuse(row, error)
        return
    logger.error("bulk row failed", run=row.run_id, case_id=row.case_id, error=describe(error))
    row.result, row.words = Code.FAILED, _(ROW_FAILED)
