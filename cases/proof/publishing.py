"""Copies the head of the chain out of the database once a day: to the log, and to a file or the administrators.

Anyone who can change the database can also write a different chain. It would not match such a head, which proves the
change.
"""

import datetime as dt
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction

from cases.core import schedule
from cases.delivery import account_email_queue
from cases.delivery.notifications import administrators
from cases.lifecycle import job_claims
from cases.lifecycle.history import log_committed
from cases.lifecycle.locking import lock_people_by_key
from cases.models import HistorySeal, OutgoingEmail
from cases.proof.sealing import latest_seal

logger = structlog.get_logger(__name__)

HEARTBEAT = "history_head"


@transaction.atomic
def publish_head(now: dt.datetime) -> str | None:
    """Publish the head once a day, if it is a new one. `now` is the portal's moment. Return what was published.

    It becomes a line in the log, and a line in HISTORY_HEAD_FILE. Without such a file, or if it cannot be written, each
    administrator gets an email instead.
    """
    seal = latest_seal()
    if not seal or not _is_my_turn(seal, now):
        return None
    # Before the commit, so that a crash between the two repeats the line and never loses it.
    if not (settings.HISTORY_HEAD_FILE and _append(Path(settings.HISTORY_HEAD_FILE), seal)):
        _email(seal)
    log_committed("history head", head=seal.head, sealed_at=seal.at.isoformat())
    return seal.head


def _is_my_turn(seal: HistorySeal, now: dt.datetime) -> bool:
    """Claim the day. Only one of several processes gets it."""
    start = min(schedule.start_of(schedule.date_of(now)), seal.at)
    return job_claims.claim(HEARTBEAT, before=start, now=now)


def _append(file: Path, seal: HistorySeal) -> bool:
    """Append the head to `file`. Return whether that worked. If not, the log says why."""
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(f"{seal.at.isoformat()} {seal.head}\n")
    except OSError as error:
        logger.exception("history head file cannot be written", errno=error.errno)
        return False
    return True


def _email(seal: HistorySeal) -> None:
    for person in lock_people_by_key({*administrators()}).values():
        account_email_queue.queue(kind=OutgoingEmail.Kind.HISTORY_HEAD, person=person, payload={"seal": seal.number})
