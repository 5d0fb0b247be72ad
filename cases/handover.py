"""One case goes to a colleague. A verb as in cases.releases; all cases of a person at once are cases.people's."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from cases import permissions
from cases.clock import portal_now
from cases.errors import CaseError
from cases.history import Step
from cases.models import Case, ReleaseEvent, User
from cases.permissions import Action


@transaction.atomic
def hand_over_case(*, case: Case, to: User, by: User, source: str, reason: str = "") -> Case:
    """The case is `to`'s from now on; its state and its schedule stay.

    NotAllowed and WrongState by cases.permissions; CaseError for `to` unless that is a technician at work other
    than the present one; Case.DoesNotExist where `by` may not know of the case.
    """
    locked = Case.objects.visible_to(by).select_for_update(of=("self",)).get(pk=case.pk)
    permissions.check(Action.HAND_OVER, by=by, case=locked)
    # Locked too: whoever deactivates that person meanwhile finds the case among theirs.
    to = User.objects.select_for_update(no_key=True).get(pk=to.pk)
    if to.pk == locked.assigned_to_id or not to.takes_cases:
        raise CaseError(_("Choose another technician, who has signed in and whose account is active."), field="to")
    handed_over(locked, to=to, by=by, source=source, at=portal_now(), reason=reason).save()
    locked.assigned_to = to
    locked.save(update_fields=["assigned_to"])
    return locked


def handed_over(case: Case, *, to: User, by: User, source: str, at: dt.datetime, reason: str) -> ReleaseEvent:
    """What the history says of it: from whom to whom, and why on the lines below. Made before the case is `to`'s, and
    not stored yet."""
    former = case.assigned_to.display_name if case.assigned_to else ""
    step = Step(case, by=by, source=source, at=at)
    return step.event(ReleaseEvent.Kind.HANDED_OVER, reason=f"{former} → {to.display_name}\n{reason.strip()}".strip())
