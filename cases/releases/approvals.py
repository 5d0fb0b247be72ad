"""A second person for early releases: an approval among the conditions of the case (REQUIRE_SECOND_APPROVER)."""

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from cases.core.errors import WrongState
from cases.lifecycle.conditions import digest
from cases.models import Case, Condition, User

MET_APPROVAL = Q(kind=Condition.Kind.APPROVAL, state=Condition.State.MET)


def check_second_approver(case: Case, *, by: User) -> None:
    """WrongState where an early release of the locked `case` by `by` still needs the approval of somebody else.

    No more is asked than an approval that is met and still valid. A waived one is none.
    """
    if not settings.REQUIRE_SECOND_APPROVER:
        return
    approval = case.conditions.filter(MET_APPROVAL).first()
    check_approval(approval, by=by, present=digest(case) if approval else "")


def check_approval(approval: Condition | None, *, by: User, present: str) -> None:
    """Do as `check_second_approver` for the met `approval` of a case. `present` is the digest of what it shows now."""
    if approval is None or approval.approved_digest != present:
        raise WrongState(_("An early release needs the approval of a second person. Ask for approval first."))
    if approval.settled_by_id == by.pk:
        raise WrongState(_("You approved this release yourself. Another administrator must release the case."))
