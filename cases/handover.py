"""One case goes to a colleague. A verb as in cases.releases; all cases of a person at once are cases.people's."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases.errors import CaseError
from cases.history import Step
from cases.locking import lock_for_action
from cases.models import Case, ReleaseEvent, User
from cases.permissions import Action


@transaction.atomic
def hand_over_case(*, case: Case, to: User, by: User, source: str, reason: str = "") -> Case:
    """The case is `to`'s from now on; its state and its schedule stay.

    NotAllowed and WrongState by cases.permissions; CaseError for `to` unless that is a technician at work other
    than the present one; Case.DoesNotExist where `by` may not know of the case.
    """
    # `to` is locked too: a deactivation at the same time finds the case among theirs.
    locked = lock_for_action(case, Action.HAND_OVER, by=by, source=source, people=[to])
    case, to = locked.case, locked.people[to.pk]
    if to.pk == case.assigned_to_id or not to.takes_cases:
        raise CaseError(_("Choose another technician, who has signed in and whose account is active."), field="to")
    handed_over(locked.step, to=to, reason=reason).save()
    case.assigned_to = to
    case.save(update_fields=["assigned_to"])
    locked.step.log(ReleaseEvent.Kind.HANDED_OVER)
    return case


def handed_over(step: Step, *, to: User, reason: str) -> ReleaseEvent:
    """The event of a hand-over to `to`, made before the case is theirs, and not stored yet."""
    former = step.case.assigned_to_id
    details = {"from_technician": former, "to_technician": to.pk}
    return step.event(ReleaseEvent.Kind.HANDED_OVER, reason=reason.strip(), details=details)
