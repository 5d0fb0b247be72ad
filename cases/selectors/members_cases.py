"""A person's cases: a member's other cases, shown next to one of them, and the cases on a person's page."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models.functions import Coalesce

from cases.db.index_order import order_along_index
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case, User
from cases.models.case_states import NOT_RELEASED, READY
from cases.selectors.pagination import CappedCount

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


@dataclass(frozen=True)
class PendingCases:
    """A member's cases that are completed and not released, and when the first one that nothing holds is due."""

    count: CappedCount
    next_release: dt.datetime | None


def pending_of(member: User, *, to: User) -> PendingCases:
    """Return the pending cases of `member`, as `to` may see them. Two statements, one for a member without any."""
    theirs = Case.objects.visible_to(to).filter(member=member)
    pending = theirs.filter(NOT_RELEASED, status=Case.Status.COMPLETED)
    count = CappedCount.of(order_along_index(pending, "member_id", member.pk, ("-pk",), True))
    time = Coalesce("scheduled_release_time", settings.RELEASE_TIME_OF_DAY)
    first = theirs.filter(READY).order_by("scheduled_release_date", time, "pk").first() if count else None
    return PendingCases(count, first.release_instant if first else None)
