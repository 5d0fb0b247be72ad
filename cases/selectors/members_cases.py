"""A person's cases: a member's other cases, shown next to one of them, and the cases on a person's page."""

from cases.db.index_order import order_along_index
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case, User

MAX_OTHER_CASES = 3


def other_cases(case: Case, *, to: User) -> list[VisibleCase]:
    """Return the latest other cases of the member of `case`, as `to` may see them: one more than MAX_OTHER_CASES."""
    others = Case.objects.shown_to(to).filter(member=case.member_id).exclude(pk=case.pk).order_by("-pk")
    return [VisibleCase.of(other, to=to) for other in others[: MAX_OTHER_CASES + 1]]


def cases_of(person: User, *, to: User, most: int) -> list[VisibleCase]:
    """Return the latest cases of the member `person`, or those assigned to any other person, as `to` may see them."""
    column = "member_id" if person.is_member else "assigned_to_id"
    theirs = order_along_index(Case.objects.shown_to(to), column, person.pk, ("-pk",), True)
    return [VisibleCase.of(case, to=to) for case in theirs[:most]]
