"""The stop: an administrator stops all releases in the portal, and starts them again (docs/rules.md, 14).

Cases that fall due in between stay due. Once releases are started, the next wake-up or sweep releases them, oldest
first.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from cases.core import limits
from cases.core.clock import portal_now
from cases.core.errors import CaseError, WrongState
from cases.core.text import clean_text
from cases.delivery import celery_publisher
from cases.lifecycle import portal_history, release_stop
from cases.lifecycle.history import actor_columns, actor_in_log, is_last, log_committed
from cases.lifecycle.locking import lock_all_cases, lock_as_administrator
from cases.models import PortalEvent, ReleaseStop, User

Kind = PortalEvent.Kind


@transaction.atomic
def stop(*, by: User | str, source: str, reason: str) -> ReleaseStop:
    """Stop every release from the commit on.

    `by` is an administrator, or the name of a program. This waits for releases that are being written. Later ones see
    the stop. NotAllowed for other people, CaseError without a reason, TooLong, WrongState if releases are already
    stopped, unless `by` did this last, for this reason.
    """
    _check_may_stop(by)
    reason = clean_text(reason)
    if not reason:
        raise CaseError(_("Enter a reason. All staff will see it."), field="reason")
    limits.check_length(reason, limits.REASON, field="reason")
    lock_all_cases()
    if present := _lock_present():
        if _did_last(Kind.RELEASES_STOPPED, by=by, reason=reason):
            return present
        raise WrongState(release_stop.told(present))
    new = ReleaseStop.objects.create(at=portal_now(), reason=reason, **actor_columns(by))
    portal_history.record(Kind.RELEASES_STOPPED, by=by, source=source, at=new.at, reason=reason)
    log_committed("releases stopped", source=source, by=actor_in_log(by))
    return new


@transaction.atomic
def start(*, by: User | str, source: str, reason: str = "", seen: dt.datetime | None = None) -> None:
    """End the stop. A sweep releases what is due.

    `seen` is the time of the stop that the person was looking at. NotAllowed for people who are not administrators,
    TooLong, WrongState if releases are not stopped, or another stop has been made since. Nothing happens if `by` has
    just ended that stop, for this reason.
    """
    _check_may_stop(by)
    present = _lock_present()
    reason = clean_text(reason)
    if present is None and seen and _did_last(Kind.RELEASES_STARTED, by=by, reason=reason, stopped_at=seen.isoformat()):
        return
    if present is None:
        raise WrongState(_("Releases aren't stopped."))
    if seen is not None and seen != present.at:
        raise WrongState(_("Someone stopped releases again after you opened this page. Check the new reason."))
    now = portal_now()
    facts = {"stopped_at": present.at.isoformat(), "seconds": round((now - present.at).total_seconds())}
    present.delete()
    portal_history.record(Kind.RELEASES_STARTED, by=by, source=source, at=now, reason=reason, details=facts)
    log_committed("releases started", source=source, by=actor_in_log(by))
    transaction.on_commit(celery_publisher.publish_sweep, robust=True)


def _check_may_stop(by: User | str) -> None:
    if isinstance(by, User):
        lock_as_administrator(by)


def _did_last(kind: PortalEvent.Kind, *, by: User | str, reason: str, **facts: str) -> bool:
    return isinstance(by, User) and is_last(PortalEvent.objects.all(), kind, by=by, reason=reason, **facts)


def _lock_present() -> ReleaseStop | None:
    """Lock the stop. If it is being ended at this moment, wait for that and return None."""
    return ReleaseStop.objects.select_for_update(of=("self",)).select_related("actor").first()
