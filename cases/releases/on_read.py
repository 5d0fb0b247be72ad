"""Release on read: a member who visits finds every due case released, even if workers, beat and Redis are dead
(docs/rules.md, 11)."""

import datetime as dt
import functools

import structlog
from django.db import Error

from cases.core import schedule
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.db.compiled_queries import PERSON, CompiledQuery
from cases.db.time_budget import transaction_within
from cases.lifecycle import release_stop, stored_clock
from cases.lifecycle.locking import in_lock_order
from cases.models import Case, CaseEvent, User
from cases.models.case_states import READY
from cases.releases.due_cases import any_due
from cases.releases.release_batch import Batch, ReleaseContext, release_locked, tell_mail_workers

logger = structlog.get_logger(__name__)

READ_WAIT = 1.0


def release_on_read(user: object) -> None:
    """Release the due cases of `user` if that is a member. Log a failure: the page is served anyway."""
    if not isinstance(user, User) or not user.is_member or not user.is_active:
        return
    try:
        release_due_of(user)
    except (Error, CaseError):
        logger.exception("release on read failed", member_id=user.pk)


def release_due_of(member: User) -> Batch:
    """Release the due cases of `member` before they are shown.

    One index probe if nothing is due. Wait for rows that others hold, up to a second in total. OperationalError if that
    was not enough. ClockMismatch if the clock in the settings is not the one in the database.
    """
    earliest = earliest_scheduled_date(member)
    if earliest is None or earliest > schedule.reached(now := portal_now()).date():
        return Batch()
    if not any_due(now, member=member):
        return Batch()
    with transaction_within(READ_WAIT):
        due = Case.objects.filter(member=member).due(now).filter(release_stop.is_off(), stored_clock.agrees())
        ids = list(in_lock_order(due).values_list("pk", flat=True))
        context = ReleaseContext(at=now, by="release on read", source=CaseEvent.Source.READ, woken=now)
        batch = release_locked(ids, context)
    if batch.released:
        tell_mail_workers()
    return batch


def earliest_scheduled_date(member: User) -> dt.date | None:
    """Return the date of the member's first schedule, or None.

    It is the first entry of an index. Only a visit on or after that day, or after a failed release, needs more queries.
    """
    row = _earliest().fetch(person=member.pk)
    return row[0][1] if row else None


@functools.cache
def _earliest() -> CompiledQuery:
    cases = Case.objects.filter(READY, member=PERSON)
    return CompiledQuery.rows_of(
        cases.order_by("scheduled_release_date", "scheduled_release_time").values("scheduled_release_date")[:1]
    )
