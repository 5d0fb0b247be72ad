"""A second person for early releases: an approval among the conditions of the case (REQUIRE_SECOND_APPROVER)."""

from collections.abc import Collection, Iterable, Mapping

from django.conf import settings
from django.utils.translation import gettext as _

from cases.core.errors import WrongState
from cases.lifecycle.case_conditions import digest, digests
from cases.lifecycle.condition_sets import APPROVED, of_cases
from cases.models import Case, Condition, User


def check_second_approver(case: Case, *, by: User) -> None:
    """Raise WrongState if an early release of the locked `case` by `by` still needs another person's approval.

    An approval that is met and still valid is enough. A waived one does not count.
    """
    if not settings.REQUIRE_SECOND_APPROVER:
        return
    approval = case.conditions.filter(APPROVED).first()
    check_approval(approval, by=by, present=digest(case) if approval else "")


def check_approval(approval: Condition | None, *, by: User, present: str) -> None:
    """Do the same as `check_second_approver` for the met `approval` of a case. `present` is the digest of its present
    content."""
    if approval is None or approval.approved_digest != present:
        raise WrongState(_("An early release needs the approval of a second person. Ask for approval first."))
    if not counts_for(approval, by):
        raise WrongState(_("You approved this release yourself. Another administrator must release the case."))


def has_to_ask(conditions: Iterable[Condition], *, by: User) -> bool:
    """Tell whether `by` must ask for an approval, or for a new one, to release the case of `conditions` early."""
    if not settings.REQUIRE_SECOND_APPROVER:
        return False
    approval = next((condition for condition in conditions if condition.kind == Condition.Kind.APPROVAL), None)
    return approval is None or not (approval.is_open or counts_for(approval, by))


def counts_for(approval: Condition, by: User) -> bool:
    """Tell whether `approval` was given, and not by `by`, who releases early."""
    return approval.state == Condition.State.MET and approval.settled_by_id != by.pk


def keep_approvals(before: Collection[Case], *, after: Mapping[int, Case]) -> None:
    """Let the approvals of locked cases count for the same release at a different date and time of the wall clock.

    `before`, and `after` by key, are the cases as they were and as they are. An approval that did not count before does
    not count now. Nothing else about an approval changes, because no one approved anything. One statement if none is
    met.
    """
    met = of_cases([case.pk for case in before], APPROVED)
    if not met:
        return
    approved, present = digests([case for case in before if case.pk in met]), digests([after[pk] for pk in met])
    counting = [each for found in met.values() for each in found if each.approved_digest == approved[each.case_id]]
    for approval in counting:
        approval.approved_digest = present[approval.case_id]
    Condition.objects.bulk_update(counting, ["approved_digest"])
