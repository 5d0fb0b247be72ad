"""One case goes to a colleague. A verb as in cases.releases; all cases of a person at once are cases.people's."""

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
    step = Step(locked, by=by, source=source, at=portal_now())
    names = f"{locked.assigned_to.display_name if locked.assigned_to else ''} → {to.display_name}".strip()
    locked.assigned_to = to
    locked.save(update_fields=["assigned_to"])
    step.record(ReleaseEvent.Kind.HANDED_OVER, reason="\n".join(filter(None, [names, reason.strip()])))
    return locked
