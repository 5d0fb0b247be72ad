"""A second person for early releases: an approval among the conditions of the case (REQUIRE_SECOND_APPROVER)."""

from django.conf import settings
from django.utils.translation import gettext as _

from cases.core.errors import WrongState
from cases.lifecycle.conditions import digest
from cases.models import Case, Condition, User


def check_second_approver(case: Case, *, by: User) -> None:
    """WrongState where an early release of the locked `case` by `by` still needs the approval of somebody else.

    No more is asked than an approval that is met and still valid. A waived one is none.
    """
    if not settings.REQUIRE_SECOND_APPROVER:
        return
    approval = case.conditions.filter(kind=Condition.Kind.APPROVAL, state=Condition.State.MET).first()
    if approval is None or approval.approved_digest != digest(case):
        raise WrongState(_("An early release needs the approval of a second person. Ask for approval first."))
    if approval.settled_by_id == by.pk:
        raise WrongState(_("You approved this release yourself. Another administrator must release the case."))
