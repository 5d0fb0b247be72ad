"""What waits for a moment by a clock that was ahead is tried now, once the clock was set back.

A claim that a sender holds is left alone: its email may be on its way.
"""

import datetime as dt

import structlog
from django.conf import settings
from django.db import transaction

from cases.core.clock import portal_now
from cases.db.bulk import ids_as_rows
from cases.delivery import claims
from cases.models import Case, OutgoingEmail
from cases.models.case_queryset import RELEASE_FAILS

logger = structlog.get_logger(__name__)

# Sweeps that run side by side disagree about the present moment by less.
SWEEPS_DIFFER_BY = dt.timedelta(minutes=1)


def was_set_back(last_sweep: dt.datetime | None, now: dt.datetime) -> bool:
    """Tell whether the last sweep began in the future, as seen from the aware datetime `now`."""
    return last_sweep is not None and last_sweep > now + SWEEPS_DIFFER_BY


def try_now() -> None:
    """Let waiting emails leave and failed releases be tried again.

    What has a reason to wait gets it again: mail hours when the email is claimed, and an undo its seconds.
    """
    emails, cases = _emails(), _failed_releases()
    logger.warning("the clock was set back", emails_tried_now=emails, releases_tried_now=cases)


@transaction.atomic
def _emails() -> int:
    now = portal_now()
    waiting = OutgoingEmail.objects.filter(state=OutgoingEmail.State.WAITING, next_try__gt=now)
    # A digest collects until its time of day.
    waiting = waiting.exclude(kind=OutgoingEmail.Kind.DIGEST).select_for_update(skip_locked=True, no_key=True)
    ids = list(waiting.order_by("pk").values_list("pk", flat=True))
    rows = OutgoingEmail.objects.filter(pk__in=ids_as_rows(ids))
    claims.wait_until(rows, now + dt.timedelta(seconds=settings.RELEASE_UNDO_SECONDS))
    return len(ids)


@transaction.atomic
def _failed_releases() -> int:
    now = portal_now()
    failing = Case.objects.filter(RELEASE_FAILS, release_next_try__gt=now).order_by("pk")
    ids = list(failing.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    return Case.objects.filter(pk__in=ids_as_rows(ids)).update(release_next_try=now)
