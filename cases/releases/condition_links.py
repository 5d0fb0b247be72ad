"""External conditions: a link confirms one, without an account. The token in the link is the credential.

It is random, shown once and stored as a digest. It expires, works once, and a new one replaces it.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cases.core.clock import portal_now
from cases.core.errors import CaseError, LinkGone, WrongState
from cases.core.secret_tokens import digest_of, new_token
from cases.lifecycle import case_conditions
from cases.lifecycle.history import EventRecorder
from cases.lifecycle.locking import in_lock_order
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, Condition, User
from cases.releases.conditions import lock, present, settle, store

# In the history: the holder of a link has no account.
ACTOR = "confirmation link"


class UnknownLink(CaseError):
    """No condition has this link, or has it anymore."""

    status = 404

    def __init__(self) -> None:
        super().__init__(_("This link isn't valid. It may have been replaced by a newer one."))


@transaction.atomic
def make_link(*, condition: Condition, by: User, source: str, version: int | None = None) -> str:
    """Create a link for an open external condition. Return its token. The former link no longer works."""
    locked, condition = lock(condition, Action.ADD_CONDITION, by=by, source=source, version=version)
    if condition.kind != Condition.Kind.EXTERNAL or not condition.is_open:
        raise WrongState(_("This condition doesn't need a link."))
    is_first = not condition.link_digest
    token = new_token()
    condition.link_digest = digest_of(token)
    condition.link_expires_at = locked.recorder.at + dt.timedelta(days=settings.CONDITION_LINK_DAYS)
    condition.save()
    case_conditions.record(CaseEvent.Kind.LINK_REPLACED, condition, locked.recorder, first=is_first)
    store(locked.recorder)
    return token


def condition_of(token: str) -> Condition:
    """Return the open condition that the link confirms, with its case. UnknownLink or LinkGone if it confirms none."""
    condition = Condition.objects.filter(link_digest=digest_of(token)).select_related("case").first()
    if condition is None:
        raise UnknownLink
    _check_usable(condition, condition.case)
    return condition


@transaction.atomic
def meet_by_link(*, token: str) -> Condition:
    """Meet the condition of the link. UnknownLink and LinkGone as in `condition_of`, under the lock of the case."""
    found = condition_of(token)
    case = in_lock_order(Case.objects.filter(pk=found.case_id)).get()
    condition = present(found, case)
    if condition.link_digest != found.link_digest:
        raise UnknownLink
    _check_usable(condition, case)
    recorder = EventRecorder(case, by=ACTOR, source=CaseEvent.Source.LINK, at=portal_now())
    return settle(condition, Condition.State.MET, CaseEvent.Kind.CONDITION_MET, recorder)


def _check_usable(condition: Condition, case: Case) -> None:
    if condition.state == Condition.State.MET:
        raise LinkGone(_("This link has already been used. You don't need to do anything."))
    if case.is_released or not condition.is_open:
        raise LinkGone(_("This confirmation is no longer needed."))
    if condition.link_expires_at is None or condition.link_expires_at <= portal_now():
        raise LinkGone(_("This link has expired. Ask the person who sent it for a new one."))
