"""The page of a case as its member gets it now, and after the release, for staff. Nothing here releases a case,
even one that is due: only a visit by the member does (docs/rules.md, 11)."""

import copy
import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.core.clock import portal_now
from cases.lifecycle import permissions
from cases.lifecycle.permissions import OVERDUE, PENDING, State
from cases.lifecycle.why_not_yet import verdict_now
from cases.models import Case

WHY = {
    State.HELD: _("This case is on hold. No release date is set."),
    State.SCHEDULED: _("This case is completed and not released yet."),
    State.DUE: _("This case has reached its release date and will be released shortly."),
    State.HELD_BY_CONDITIONS: _("This case has reached its release date and is held by its conditions."),
}
DEACTIVATED = _("The member's account is deactivated.")
# In earlier states there is nothing to release.
HAS_AFTER = PENDING | {State.ACCEPTED}


@dataclass(frozen=True)
class Preview:
    """`case`: as the member would fetch it, or None if they get a 404, with `why` and until when.

    `has_after` says whether there is also a view after the release, and `is_after` that this is it.
    """

    case: Case | None
    is_due: bool = False
    why: str | Promise = ""
    visible_from: dt.datetime | None = None
    has_after: bool = False
    is_after: bool = False


def preview(case: Case, *, after: bool = False) -> Preview:
    """Return what the member of `case` finds at its address now, or `after` its release if that is still ahead."""
    state = permissions.state_of(case)
    has_after = state in HAS_AFTER
    if after and has_after:
        return _after_release(case, state)
    found = Case.objects.visible_to(case.member).in_full().filter(pk=case.pk).first()
    if found:
        is_due = state is State.DUE and verdict_now(case, now=portal_now()).is_due
        return Preview(found, is_due=is_due, has_after=has_after)
    if not case.member.is_active:
        return Preview(None, why=DEACTIVATED, has_after=has_after)
    visible_from = case.release_instant if state is State.SCHEDULED else None
    return Preview(None, state is State.DUE, _why(case, state), visible_from, has_after)


def _why(case: Case, state: State) -> str | Promise:
    """Return why the member does not see `case`. If it has reached its date, return what holds it back."""
    if state in OVERDUE and (reasons := verdict_now(case, now=portal_now()).sentences):
        return _("This case has reached its release date but can't be released yet. %(why)s") % {"why": reasons}
    return WHY[state]


def _after_release(case: Case, state: State) -> Preview:
    if not case.member.is_active:
        return Preview(None, why=DEACTIVATED, has_after=True, is_after=True)
    instant = case.release_instant if state is State.SCHEDULED else None
    return Preview(_as_released(case, instant), visible_from=instant, has_after=True, is_after=True)


def _as_released(case: Case, instant: dt.datetime | None) -> Case:
    """Return a copy of `case` as its release at `instant` would leave it. None is now. Never saved."""
    released = copy.copy(case)
    released.status = Case.Status.COMPLETED
    released.actual_release_date = instant or portal_now()
    released.date_completed = case.date_completed or released.actual_release_date
    return released
