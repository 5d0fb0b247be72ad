"""Once a clock that was ahead has been set back, retry now what waits for a moment by that clock.

A claim that a sender holds ends as if it began now: its email may be on its way, or the sender has died.
"""

import datetime as dt

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from cases.core.clock import portal_now
from cases.db.bulk import ids_as_rows
from cases.delivery import delivery_claims, notifications
from cases.delivery.email_claims import lease
from cases.models import Case, OutgoingEmail
from cases.models.case_states import RELEASE_FAILS

logger = structlog.get_logger(__name__)

Kind, State = OutgoingEmail.Kind, OutgoingEmail.State
# Sweeps that run side by side disagree about the present moment by less than this.
SWEEPS_DIFFER_BY = dt.timedelta(minutes=1)


def was_set_back(last_sweep: dt.datetime | None, now: dt.datetime) -> bool:
    """Tell whether the last sweep began in the future, as seen from the aware datetime `now`."""
    return last_sweep is not None and last_sweep > now + SWEEPS_DIFFER_BY


def try_now() -> None:
    """Let waiting emails leave and failed releases be retried.

    Emails with a reason to wait get a new time: mail hours when the email is claimed, RELEASE_UNDO_SECONDS for an undo,
    and the time of day for the daily email.
    """
    emails, cases = _emails(), _failed_releases()
    logger.warning("the clock was set back", emails_tried_now=emails, releases_tried_now=cases)


@transaction.atomic
def _emails() -> int:
    now = portal_now()
    later = OutgoingEmail.objects.filter(next_try__gt=now)
    later.filter(state=State.SENDING, next_try__gt=now + lease()).update(next_try=now + lease())
    notifications.wait_for_next_digest(later, now)
    # A member is notified of a recall once the claim on the email of the release has ended.
    waiting = later.filter(state=State.WAITING).exclude(kind=Kind.DIGEST)
    recalled = _wait(waiting.filter(kind=Kind.RECALLED, next_try__gt=now + lease()), now + lease())
    end_of_undo = now + dt.timedelta(seconds=settings.RELEASE_UNDO_SECONDS)
    others = waiting.exclude(kind=Kind.RECALLED).filter(next_try__gt=end_of_undo)
    return recalled + _wait(others, end_of_undo)


def _wait(emails: QuerySet[OutgoingEmail], moment: dt.datetime) -> int:
    free = emails.select_for_update(skip_locked=True, no_key=True).order_by("pk")
    ids = list(free.values_list("pk", flat=True))
    delivery_claims.wait_until(OutgoingEmail.objects.filter(pk__in=ids_as_rows(ids)), moment)
    return len(ids)


@transaction.atomic
def _failed_releases() -> int:
    now = portal_now()
    failing = Case.objects.filter(RELEASE_FAILS, release_next_try__gt=now).order_by("pk")
    ids = list(failing.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    return Case.objects.filter(pk__in=ids_as_rows(ids)).update(release_next_try=now)
