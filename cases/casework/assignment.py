"""Hand over one case to a colleague. cases.accounts.actions hands over all cases of a person."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases.core.errors import CaseError
from cases.lifecycle.history import EventRecorder
from cases.lifecycle.locking import lock_for_action
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, User


@transaction.atomic
def hand_over_case(*, case: Case, to: User, by: User, source: str, reason: str = "") -> Case:
    """The case is `to`'s from now on; its state and its schedule stay.

    NotAllowed and WrongState by cases.lifecycle.permissions; CaseError for `to` unless that is a technician at work
    other than the present one; Case.DoesNotExist where `by` may not know of the case.
    """
    # `to` is locked too: a deactivation at the same time finds the case among theirs.
    locked = lock_for_action(case, Action.HAND_OVER, by=by, source=source, people=[to])
    case, to = locked.case, locked.people[to.pk]
    if to.pk == case.assigned_to_id or not to.takes_cases:
        raise CaseError(_("Choose another technician, who has signed in and whose account is active."), field="to")
    handed_over(locked.recorder, to=to, reason=reason).save()
    case.assigned_to = to
    case.save(update_fields=["assigned_to"])
    locked.recorder.log(CaseEvent.Kind.HANDED_OVER)
    return case


def handed_over(recorder: EventRecorder, *, to: User, reason: str) -> CaseEvent:
    """The event of a hand-over to `to`, made before the case is theirs, and not stored yet."""
    former = recorder.case.assigned_to_id
    details = {"from_technician": former, "to_technician": to.pk}
    return recorder.event(CaseEvent.Kind.HANDED_OVER, reason=reason.strip(), details=details)
