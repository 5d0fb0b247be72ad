"""Delete once a week what has served its purpose. Each kind is a step with its own setting.

Sent emails and the histories are evidence and stay.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from cases.accounts.security_state import forget_expired
from cases.core.independent_steps import run_all
from cases.documents import storage
from cases.lifecycle import job_claims
from cases.models import BulkRun, Heartbeat, Notification, UnsentForm, UsedFormToken
from cases.releases import bulk
from cases.releases.bulk import open_previews

logger = structlog.get_logger(__name__)

HEARTBEAT = "cleanup"
WEEK = dt.timedelta(days=7)
# After a run that failed, or whose worker was killed.
NEXT_TRY = dt.timedelta(days=1)
# Unread notifications say what to do, so they are kept for long, and never shorter than read ones.
UNREAD = dt.timedelta(days=365)
# The most rows that one transaction deletes, so that nothing waits for long.
BATCH = 1000


@dataclass(frozen=True)
class CleanupStep:
    """One kind of rows or files. `clean` takes the aware datetime of the run and returns how many it deleted."""

    name: str
    clean: Callable[[dt.datetime], int]


def clean_up_weekly(now: dt.datetime) -> dict[str, int]:
    """Run all steps if a week has passed since the last run that finished.

    Otherwise return {}. `now` is the portal's moment. The database keeps the time, because until the first run beat
    starts an interval over with each restart, and a message may be lost.
    """
    # Until it ends, the run counts as one from six days ago.
    if not job_claims.claim(HEARTBEAT, before=now - WEEK, now=now, at=now - WEEK + NEXT_TRY):
        return {}
    deleted = clean_up(now)
    Heartbeat.objects.filter(name=HEARTBEAT).update(at=now)
    return deleted


def clean_up(now: dt.datetime) -> dict[str, int]:
    """Run all steps at the aware datetime `now`. Return for each step how many rows or files it deleted.

    A step that fails does not stop the others. Its error is raised when all have run.
    """
    deleted: dict[str, int] = {}
    run_all(partial(_run, step, now, deleted) for step in STEPS)
    return deleted


def delete_in_batches(rows: QuerySet[Any], *, along: str) -> int:
    """Delete `rows`, at most BATCH in one transaction. Return how many.

    `along` is the column by which an index finds them. Sorted by their keys, PostgreSQL's planner may walk the table.
    """
    count = 0
    while keys := list(rows.order_by(along).values_list("pk", flat=True)[:BATCH]):
        # Repeat the condition, so that a row that has changed since stays.
        count += rows.filter(pk__in=keys).delete()[0]
    return count


def _run(step: CleanupStep, now: dt.datetime, deleted: dict[str, int]) -> None:
    deleted[step.name] = step.clean(now)
    logger.info("cleaned up", step=step.name, deleted=deleted[step.name])


def _sessions(now: dt.datetime) -> int:
    """Delete expired sessions, and what *Active sessions* shows of sessions that are gone: addresses and browsers."""
    moment = now - settings.CLEANUP_SESSIONS
    count = delete_in_batches(Session.objects.filter(expire_date__lt=moment), along="expire_date")
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    return count + delete_in_batches(UserSession.objects.filter(~Exists(alive), created_at__lt=moment), along="pk")


def _security_state(now: dt.datetime) -> int:
    """Delete the expired entries that are left. Each write deletes some of them too."""
    count = 0
    while forgotten := forget_expired(now - settings.CLEANUP_SECURITY_STATE, at_most=BATCH):
        count += forgotten
    return count


def _files(now: dt.datetime) -> int:
    """Delete files that no document names, after DOCUMENT_ORPHAN_DAYS."""
    return storage.reconcile(now=now).deleted


def _forms(now: dt.datetime) -> int:
    """Delete used form tokens, and the content of forms whose session has ended."""
    used = UsedFormToken.objects.filter(at__lt=now - settings.CLEANUP_FORM_TOKENS)
    unsent = UnsentForm.objects.filter(at__lt=now - settings.CLEANUP_UNSENT_FORMS)
    return delete_in_batches(used, along="at") + delete_in_batches(unsent, along="at")


def _previews(now: dt.datetime) -> int:
    """Delete previews of bulk operations that are too old to start. One transaction each."""
    return open_previews.delete(BulkRun.objects.too_old(now - dt.timedelta(days=bulk.PREVIEW_DAYS)))


def _notifications(now: dt.datetime) -> int:
    """Delete notifications that were read long ago, or never."""
    read_long_ago = Notification.objects.filter(read_at__lt=now - settings.CLEANUP_NOTIFICATIONS)
    return delete_in_batches(read_long_ago, along="read_at") + _never_read(now)


def _never_read(now: dt.datetime) -> int:
    """Delete unread notifications after UNREAD.

    Their keys are in the order of their time, and no other index is. Of the old ones, only these and those that were
    read lately are left.
    """
    before = now - max(UNREAD, settings.CLEANUP_NOTIFICATIONS)
    count = last = 0
    while rows := list(
        Notification.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "at", "read_at")[:BATCH]
    ):
        old = [pk for pk, at, read_at in rows if at < before and read_at is None]
        count += Notification.objects.filter(pk__in=old, read_at__isnull=True).delete()[0] if old else 0
        last, at, _read = rows[-1]
        if at >= before:
            break
    return count


STEPS = [
    CleanupStep("sessions", _sessions),
    CleanupStep("security_state", _security_state),
    CleanupStep("files", _files),
    CleanupStep("forms", _forms),
    CleanupStep("previews", _previews),
    CleanupStep("notifications", _notifications),
]
