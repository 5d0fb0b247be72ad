"""Release whatever is due, many cases in one statement.

A batch is one short transaction: lock the due rows, write the release on them, derive history and email rows from them.
Batches of several workers skip each other's rows (SKIP LOCKED on PostgreSQL; SQLite has one writer). A row that the
database refuses is found by bisecting the batch under savepoints. The others are released (docs/rules.md, 8).
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Case as Choose
from django.db.models import CharField, F, Q, Value, When
from django.utils.translation import gettext_noop as _noop

from cases.core import limits
from cases.core.clock import portal_now
from cases.core.safe_errors import SafeError, describe
from cases.db.backoff import Backoff
from cases.db.bulk import ids_as_rows, insert_select
from cases.delivery import celery_publisher
from cases.delivery.notifications import released_columns
from cases.lifecycle import conditions, release_stop, stored_clock
from cases.lifecycle.history import actor_columns, actor_in_log
from cases.models import Case, CaseEvent, CaseQuerySet, Notification, OutgoingEmail, User
from cases.releases.notices import tell_of_failure

logger = structlog.get_logger(__name__)

RETRY = Backoff(first=dt.timedelta(seconds=30), longest=dt.timedelta(hours=1))
# Of the cases of a batch, a line of the log names so many.
LOGGED = 50
# These speak of the server or the connection, never of a row: the whole batch is tried again by the next wake-up.
NOT_A_ROWS_FAULT = (OperationalError, InterfaceError)


class MissingRow(SafeError, IntegrityError):
    """A row that the case points to is not there, in spite of the foreign keys (a restore, a hand)."""


class OpenCondition(SafeError, IntegrityError):
    """A condition of the case is open, in spite of what the case counts (a hand, a restore)."""


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
    """What the rows of one batch have in common: when, by whom, through what, why.

    `woken` is when the program that releases began; None where a person does.
    """

    at: dt.datetime
    by: User | str
    source: str
    reason: str = ""
    # A release by hand can be undone as long as its email waits.
    mail_delay: dt.timedelta = dt.timedelta()
    woken: dt.datetime | None = None
    # The bulk operation that releases, by key.
    bulk_run: int | None = None
    batch: uuid.UUID = field(default_factory=uuid.uuid4)


def release_due(*, by: str, source: str, now: dt.datetime | None = None, batch_size: int | None = None) -> Batch:
    """Release every case that is due. ETA tasks, sweep and command call it, at any time and any number of times.

    `by` names the program. `now` (aware) is the moment that decides; None: the portal's clock, read for each batch.
    ClockMismatch where the settings name another clock than the database.
    """
    total = Batch()
    for batch in release_batches(by=by, source=source, now=now, batch_size=batch_size):
        total.add(batch)
    return total


def release_batches(
    *, by: str, source: str, now: dt.datetime | None = None, batch_size: int | None = None
) -> Iterator[Batch]:
    """Do as `release_due`, and yield each batch once it is committed, for callers that report progress."""
    size = batch_size or settings.RELEASE_BATCH_SIZE
    failed: list[int] = []  # in this run; left out, because a row may refuse even to be marked as failed
    any_released = False
    try:
        moment = woken = now or portal_now()
        # Skip the transaction when nothing is due. The size of a batch says whether there is more.
        more = stored_clock.any_due(Case.objects.first_due(moment))
        while more:
            with transaction.atomic():
                ids = _lock_due(Case.objects.exclude(pk__in=failed), moment, size)
                batch = release_locked(ids, ReleaseContext(at=moment, by=by, source=source, woken=woken))
            any_released |= bool(batch.released)
            failed += batch.failed
            more = len(ids) == size  # else other workers hold the rest
            if ids:
                yield batch
            moment = now or portal_now()
    finally:
        # Once for all batches: a member whose cases are in several gets one e-mail.
        if any_released:
            tell_mail_workers()


def release_one(case: Case, *, by: User, source: str, at: dt.datetime, reason: str = "") -> None:
    """Release the locked `case` by a person's decision, in the caller's transaction, and refresh the instance.

    The caller has checked that it is completed, not released, and that the person may. The email waits for
    RELEASE_UNDO_SECONDS. WrongState where a condition is open.
    """
    limits.check_length(reason, limits.REASON, field="reason")
    seconds = settings.RELEASE_UNDO_SECONDS
    delay = dt.timedelta(seconds=seconds)
    try:
        write_release([case.pk], ReleaseContext(at=at, by=by, source=source, reason=reason, mail_delay=delay))
    except OpenCondition:
        conditions.check_none_open(case)
        raise
    tell_mail_workers(in_seconds=seconds)
    case.refresh_from_db()


def _lock_due(cases: CaseQuerySet, now: dt.datetime, size: int) -> list[int]:
    """Lock up to `size` of `cases` that are due. Skip what others have locked. Return their IDs.

    None if releases were stopped, or the clock was changed, since somebody asked.
    """
    ids: list[int] = []
    for index_range in cases.due_index_ranges(now):
        due = index_range.filter(release_stop.is_off(), stored_clock.agrees())
        free = due.select_for_update(skip_locked=True, no_key=True, of=("self",)).values_list("pk", flat=True)
        ids += free[: size - len(ids)]
    return ids


def release_locked(ids: list[int], context: ReleaseContext) -> Batch:
    """Release the locked rows, and record the failed ones."""
    batch = _release_or_bisect(ids, context) if ids else Batch()
    for pk, error in batch.failed.items():
        _record_failure(pk, error, at=context.at)
        tell_of_failure(pk, at=context.at)
    return batch


def tell_mail_workers(*, in_seconds: int = 0) -> None:
    """Tell the mail workers after the commit that emails are waiting, or will be `in_seconds`."""
    # Not a partial: of a robust hook that fails Django logs the name, which a partial has none of.
    transaction.on_commit(lambda: celery_publisher.publish_mail_waiting(in_seconds=in_seconds), robust=True)


def _release_or_bisect(ids: list[int], context: ReleaseContext) -> Batch:
    try:
        with transaction.atomic():
            write_release(ids, context)
            if connection.vendor == "postgresql":
                # Foreign keys are checked at the outer commit otherwise, past this savepoint. SQLite could only check
                # those of all tables, and the rows made here point to rows just read.
                connection.check_constraints()
    except NOT_A_ROWS_FAULT:
        raise
    except DatabaseError as error:
        if len(ids) == 1:
            return Batch(failed={ids[0]: describe(error)})
        batch = Batch()
        for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
            batch.add(_release_or_bisect(half, context))
        return batch
    return Batch(released=ids)


def write_release(ids: list[int], context: ReleaseContext) -> None:
    """Write a release in four statements: state, history, email rows, notifications.

    ReleasesStopped where releases are stopped. The rows are locked. So no condition of theirs can change, and a stop
    waits: what the first statement leaves out has a condition open.
    """
    rows = Case.objects.filter(pk__in=ids_as_rows(ids))
    released = rows.filter(release_stop.is_off(), ~conditions.has_open_row()).update(
        actual_release_date=context.at,
        version=F("version") + 1,
        release_number=F("release_number") + 1,
        release_batch=context.batch,
        release_error="",
        release_attempts=0,
        release_next_try=None,
        first_viewed_at=None,
    )
    if not released:
        release_stop.check()
    if released != len(ids):
        raise OpenCondition("a condition is open that the case does not count")
    derived = (
        (CaseEvent, _event_columns(context)),
        (OutgoingEmail, _email_columns(context)),
        (Notification, released_columns(context.at)),
    )
    for model, columns in derived:
        if insert_select(model, rows, columns) != len(ids):
            raise MissingRow(f"no {model.__name__} could be made")
    transaction.on_commit(lambda: _log_released(context, ids), robust=True)


def _log_released(context: ReleaseContext, ids: list[int]) -> None:
    logger.info(
        "cases released",
        batch=str(context.batch),
        count=len(ids),
        source=context.source,
        by=actor_in_log(context.by),
        case_ids=ids[:LOGGED],
    )


def _event_columns(context: ReleaseContext) -> dict[str, Any]:
    return {
        "case_id": F("pk"),
        "kind": CaseEvent.Kind.RELEASED,
        "at": context.at,
        "source": context.source,
        **actor_columns(context.by),
        "from_status": F("status"),
        "to_status": F("status"),
        "from_date": F("scheduled_release_date"),
        "from_time": F("scheduled_release_time"),
        "to_date": F("scheduled_release_date"),
        "to_time": F("scheduled_release_time"),
        "schedule_revision": F("schedule_revision"),
        "release_number": F("release_number"),
        "release_batch": context.batch,
        "woken_at": context.woken,
        "bulk_run_id": context.bulk_run,
        "reason": context.reason,
        "details": {},
    }


def _email_columns(context: ReleaseContext) -> dict[str, Any]:
    no_address, deactivated = Q(member__email=""), Q(member__is_active=False)
    return {
        "case_id": F("pk"),
        "kind": OutgoingEmail.Kind.RELEASED,
        "release_number": F("release_number"),
        "payload": None,
        "recipient_id": F("member_id"),
        "address": F("member__email"),
        "state": Choose(
            When(no_address | deactivated, then=Value(OutgoingEmail.State.UNDELIVERABLE)),
            default=Value(OutgoingEmail.State.WAITING),
            output_field=CharField(),
        ),
        "claim": None,
        "group": None,
        "message_id": "",
        "attempts": 0,
        "deferrals": 0,
        "interrupted": False,
        "due": context.at + context.mail_delay,
        "next_try": context.at + context.mail_delay,
        "last_error": Choose(
            When(no_address, then=Value(_noop("The member has no email address."))),
            When(deactivated, then=Value(_noop("The member's account is deactivated."))),
            default=Value(""),
            output_field=CharField(),
        ),
        "created": context.at,
        "sent": None,
    }


def _record_failure(pk: int, error: str, *, at: dt.datetime) -> None:
    """Write error, attempts and next try on the row. It leaves `due` until then."""
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
