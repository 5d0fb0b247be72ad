"""The page of a case as its member gets it now, for staff. Nothing here releases anything, also not a case that is due:
only the member in person does (DESIGN rule 11)."""

import datetime as dt
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.lifecycle import permissions
from cases.lifecycle.permissions import State
from cases.models import Case

WHY = {
    State.HELD: _("This case is on hold. No release date is set."),
    State.SCHEDULED: _("This case is completed and not released yet."),
    State.DUE: _("This case has reached its release date and will be released shortly."),
    State.HELD_BY_CONDITIONS: _("This case has reached its release date and is held by its conditions."),
}
DEACTIVATED = _("The member's account is deactivated.")


@dataclass(frozen=True)
class Preview:
    """`case`: as the member would fetch it; None where they get a 404, with `why`, and from when on not."""

    case: Case | None
    is_due: bool
    why: str | Promise = ""
    visible_from: dt.datetime | None = None


def preview(case: Case) -> Preview:
    """What the member of `case` finds at its address at this moment."""
    state = permissions.state_of(case)
    found = Case.objects.visible_to(case.member).filter(pk=case.pk).first()
    if found:
        return Preview(found, is_due=state is State.DUE)
    if not case.member.is_active:
        return Preview(None, is_due=False, why=DEACTIVATED)
    visible_from = case.release_instant if state is State.SCHEDULED else None
    return Preview(None, is_due=state is State.DUE, why=WHY[state], visible_from=visible_from)
