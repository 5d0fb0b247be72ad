"""The open conditions that a person owns, across all cases."""

from cases.models import Case, Condition, User
from cases.models.condition import UNMET

ROWS = 10


def owned_conditions(user: User) -> list[Condition]:
    """Return the first open conditions that `user` owns, the oldest first, with their cases. One statement."""
    owned = Condition.objects.filter(
        UNMET, owner=user, case__in=Case.objects.visible_to(user), case__actual_release_date=None
    )
    return list(owned.select_related("case").defer("case__description").order_by("since", "pk")[:ROWS])
