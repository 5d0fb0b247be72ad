"""The other cases of a member, beside one of them."""

from cases.lifecycle.visible_case import VisibleCase
from cases.models import Case, User

SHOWN = 3


def other_cases(case: Case, *, to: User) -> list[VisibleCase]:
    """Return the latest cases of the member of `case` but this one, as `to` may see them: one more than is SHOWN."""
    others = Case.objects.shown_to(to).filter(member=case.member_id).exclude(pk=case.pk).order_by("-pk")
    return [VisibleCase.of(other, to=to) for other in others[: SHOWN + 1]]
