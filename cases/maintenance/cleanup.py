"""Deletes once a week what has served its purpose. Each kind is a step of its own, with a setting of its own.

Not here: rows of sent mail and the histories, which are evidence.
"""

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import structlog
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet

from cases.accounts.security_state import forget_expired
from cases.documents import storage
from cases.models import UnsentForm, UsedFormToken

logger = structlog.get_logger(__name__)

# Deleted in one transaction, so that nothing waits for long.
BATCH = 1000


@dataclass(frozen=True)
class Step:
    """One kind of rows or files. `clean` takes the aware datetime of the run. It returns how many it deleted."""

    name: str
    clean: Callable[[dt.datetime], int]


def clean_up(now: dt.datetime) -> dict[str, int]:
    """Run all steps at the aware datetime `now`. Return by step how many rows or files it deleted.

    A step that fails stops no other. Its error is raised when all have had their turn.
    """
    deleted: dict[str, int] = {}
    with ExitStack() as turns:
        for step in reversed(STEPS):
            turns.callback(_run, step, now, deleted)
    return deleted


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete `rows`, many of them in one transaction but never all. Return how many."""
    count = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        # The condition once more: a row that has changed meanwhile stays.
        count += rows.filter(pk__in=keys).delete()[0]
    return count


def _run(step: Step, now: dt.datetime, deleted: dict[str, int]) -> None:
    deleted[step.name] = step.clean(now)
    logger.info("cleaned up", step=step.name, deleted=deleted[step.name])


def _sessions(now: dt.datetime) -> int:
    """Expired sessions, and what *Active sessions* lists of those that are gone: addresses and browsers."""
    moment = now - settings.CLEANUP_SESSIONS
    count = delete_in_batches(Session.objects.filter(expire_date__lt=moment))
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    return count + delete_in_batches(UserSession.objects.filter(~Exists(alive), created_at__lt=moment))


def _security_state(now: dt.datetime) -> int:
    """What writes have left: each takes away some of what has expired."""
    count = 0
    while forgotten := forget_expired(now - settings.CLEANUP_SECURITY_STATE, at_most=BATCH):
        count += forgotten
    return count


def _files(now: dt.datetime) -> int:
    """Files that no document names, after DOCUMENT_ORPHAN_DAYS."""
    return storage.reconcile(now=now).deleted


def _forms(now: dt.datetime) -> int:
    """Tokens of forms that were sent, and what was typed into forms of sessions that have ended."""
    used = UsedFormToken.objects.filter(at__lt=now - settings.CLEANUP_FORM_TOKENS)
    unsent = UnsentForm.objects.filter(at__lt=now - settings.CLEANUP_UNSENT_FORMS)
    return delete_in_batches(used) + delete_in_batches(unsent)


STEPS = [
    Step("sessions", _sessions),
    Step("security_state", _security_state),
    Step("files", _files),
    Step("forms", _forms),
]
