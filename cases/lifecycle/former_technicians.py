"""Technicians who have left.

What would concern them as the technician of a case concerns the administrators instead. A case keeps its technician
when that account is deactivated or becomes a member's. An administrator can also have cases assigned.
"""

from django.db.models import Q

from cases.lifecycle.notification_kinds import STAFF
from cases.models import User

AT_WORK = Q(is_active=True, role__in=STAFF)


def has_left(technician: User) -> bool:
    """Tell whether the `technician` of a case can no longer work on it: `AT_WORK` does not match."""
    return technician.is_member or not technician.is_active


def left_with_cases() -> set[int]:
    """Return the keys of those who have left and may have open cases. No one with an open case becomes a member."""
    return set(User.objects.filter(is_active=False, role__in=STAFF).values_list("pk", flat=True))
