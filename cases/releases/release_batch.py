"""Release whatever is due, many cases in one statement.

A batch is one short transaction: lock the due rows, write the release on them, derive history and email rows from them.
Batches of several workers skip each other's rows (SKIP LOCKED on PostgreSQL; SQLite has one writer). A row that the
database rejects is found by bisecting the batch under savepoints. The others are released (docs/rules.md, 8).
"""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F

from cases.core import limits
from cases.core.clock import portal_now
from cases.core.safe_errors import SafeError, describe
from cases.db.backoff import Backoff
from cases.db.bisect import NOT_A_ROWS_FAULT, write_or_bisect
from cases.db.bulk import id_list
from cases.delivery import celery_publisher
from cases.lifecycle import case_conditions, release_stop
from cases.lifecycle.history import actor_columns, actor_in_log
from cases.models import Case, User
from cases.releases.batch_statements import batch_statements
from cases.releases.due_cases import any_due, lock_due
from cases.releases.notices import tell_of_failure

logger = structlog.get_logger(__name__)

RETRY = Backoff(first=dt.timedelta(seconds=30), longest=dt.timedelta(hours=1))
# The most cases of a batch that a log line names.
MAX_CASES_LOGGED = 50


class MissingRow(SafeError, IntegrityError):
    """A row that the case points to is missing despite the foreign keys, after a restore or a manual change."""


class OpenCondition(SafeError, IntegrityError):
    """A condition of the case is open despite its count, after a restore or a manual change."""


@dataclass
class Batch:
    """Result for some cases: IDs of the released ones, and of the failed ones with the error."""

    released: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)

    def add(self, other: "Batch") -> None:
        """Add the result for other cases."""
        self.released += other.released
        self.failed |= other.failed


@dataclass(frozen=True)
class ReleaseContext:
    """What the rows of one batch have in common: when, by whom, through which channel, why.

    `woken` is when the releasing program began, or None if a person releases.
    """

    at: dt.datetime
    by: User | str
    source: str
    reason: str = ""
    # A manual release can be undone as long as its email waits.
    mail_delay: dt.timedelta = dt.timedelta()
    woken: dt.datetime | None = None
    # The bulk operation that releases, by key.
    bulk_run: int | None = None
    batch: uuid.UUID = field(default_factory=uuid.uuid4)

    def values(self) -> dict[str, Any]:
        """Return the values of the batch's statements, except the cases."""
        return {
            "at": self.at,
            "woken": self.woken,
            "email_at": self.at + self.mail_delay,
            "batch": self.batch,
            "bulk_run": self.bulk_run,
            "source": self.source,
            "reason": self.reason,
            **actor_columns(self.by),
        }


def release_due(*, by: str, source: str, now: dt.datetime | None = None, batch_size: int | None = None) -> Batch:
    """Release every case that is due. ETA tasks, sweep and command call it, at any time and any number of times.

    `by` names the program. `now` (aware) is the moment that decides. With None, the portal's clock is read for each
    batch. ClockMismatch if the clock in the settings is not the one in the database.
    """
    total = Batch()
    for batch in release_batches(by=by, source=source, now=now, batch_size=batch_size):
        total.add(batch)
    return total


def release_batches(
    *, by: str, source: str, now: dt.datetime | None = None, batch_size: int | None = None
) -> Iterator[Batch]:
    """Do the same as `release_due`, and yield each batch once it is committed, for callers that report progress."""
    size = batch_size or settings.RELEASE_BATCH_SIZE
    failed: list[int] = []  # failed in this run; left out, because even marking a row as failed may be rejected
    any_released = False
    try:
        moment = woken = now or portal_now()
        # Skip the transaction when nothing is due. The size of a batch says whether there is more.
        more = any_due(moment)
        while more:
            with transaction.atomic():
                ids = lock_due(moment, limit=size, left_out=failed)
                batch = release_locked(ids, ReleaseContext(at=moment, by=by, source=source, woken=woken))
            any_released |= bool(batch.released)
            failed += batch.failed
            more = len(ids) == size  # else other workers hold the rest
            if ids:
                yield batch
            moment = now or portal_now()
    finally:
        # Once for all batches, so that a member with cases in several of them gets one email.
        if any_released:
            tell_mail_workers()


def release_one(case: Case, *, by: User, source: str, at: dt.datetime, reason: str = "") -> None:
    """Release the locked `case` by a person's decision, in the caller's transaction, and refresh the instance.

    The caller has checked that it is completed and not released, and that the person may release it. The email waits
    for RELEASE_UNDO_SECONDS. WrongState if a condition is open.
    """
    limits.check_length(reason, limits.REASON, field="reason")
    seconds = settings.RELEASE_UNDO_SECONDS
    delay = dt.timedelta(seconds=seconds)
    try:
        write_release([case.pk], ReleaseContext(at=at, by=by, source=source, reason=reason, mail_delay=delay))
    except OpenCondition:
        case_conditions.check_none_open(case)
        raise
    tell_mail_workers(in_seconds=seconds)
    case.refresh_from_db()


def release_locked(ids: list[int], context: ReleaseContext) -> Batch:
    """Release the locked rows, and record the failed ones."""
    failed = {pk: describe(error) for pk, error in write_or_bisect(ids, lambda some: write_release(some, context))}
    batch = Batch([pk for pk in ids if pk not in failed], failed)
    for pk, error in batch.failed.items():
        _record_failure(pk, error, at=context.at)
        tell_of_failure(pk, at=context.at)
    return batch


def tell_mail_workers(*, in_seconds: int = 0) -> None:
    """Tell the mail workers after the commit that emails are waiting, or will be in `in_seconds`."""
    # A lambda, because Django logs the name of a robust hook that fails, and a partial has none.
    transaction.on_commit(lambda: celery_publisher.publish_mail_waiting(in_seconds=in_seconds), robust=True)


def write_release(ids: Sequence[int], context: ReleaseContext) -> None:
    """Write a release in four statements: state, history, email rows, notifications.

    ReleasesStopped if releases are stopped. The rows are locked, so none of their conditions can change, and a stop
    waits. Therefore a row that the first statement leaves out has an open condition.
    """
    statements, values = batch_statements(), context.values() | {"ids": id_list(ids)}
    released = statements.release.run(**values)
    if not released:
        release_stop.check()
    if released != len(ids):
        raise OpenCondition("a condition is open that the case does not count")
    for model, statement in statements.derived.items():
        if statement.run(**values) != len(ids):
            raise MissingRow(f"no {model.__name__} could be made")
    transaction.on_commit(lambda: _log_released(context, ids), robust=True)


def _log_released(context: ReleaseContext, ids: Sequence[int]) -> None:
    logger.info(
        "cases released",
        batch=str(context.batch),
        count=len(ids),
        source=context.source,
        by=actor_in_log(context.by),
        case_ids=ids[:MAX_CASES_LOGGED],
    )


def _record_failure(pk: int, error: str, *, at: dt.datetime) -> None:
    """Record the error, the number of attempts and the next attempt on the row. It is not `due` until then."""
    logger.error("case could not be released", case_id=pk, error=error)
    try:
        with transaction.atomic():
            case = Case.objects.get(pk=pk)
            Case.objects.filter(pk=pk).update(
                release_error=error[: limits.ERROR],
                release_attempts=F("release_attempts") + 1,
                release_next_try=at + RETRY.delay(case.release_attempts),
            )
    except NOT_A_ROWS_FAULT:
        raise
    except DatabaseError:
        logger.exception("case could not even be marked as failed", case_id=pk)
