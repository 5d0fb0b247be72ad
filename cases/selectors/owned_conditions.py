"""The open conditions that a person takes care of, across all cases."""

from django.db.models import Exists, OuterRef, Q

from cases.casework.assignment import open_cases
from cases.db.bulk import ids_as_rows
from cases.db.first_rows import ids_among_first
from cases.lifecycle.former_technicians import AT_WORK
from cases.models import Case, Condition, User
from cases.models.case_states import NOT_RELEASED
from cases.models.condition import UNMET
from cases.models.condition_kinds import MET_BY_WORK

ROWS = 10
# The most cases of a technician in progress, on hold and scheduled that are searched, in the order of their indexes.
MAX_LOOKED_THROUGH = 1000
# Conditions without an owner, or with one who is not `condition_owners.can_own`.
NOBODYS = ~Exists(User.objects.filter(AT_WORK, pk=OuterRef("owner")))
# Conditions that work on a case meets are not separate tasks before the case is completed.
TO_BE_MET = Q(Q(case__status=Case.Status.COMPLETED) | ~Q(kind__in=MET_BY_WORK), ~Q(kind=Condition.Kind.APPROVAL))


def owned_conditions(user: User) -> list[Condition]:
    """Return the open conditions that `user` owns, and those of their cases that no owner takes care of.

    The latter exclude approvals, and conditions that work on a case in progress will meet. All come with their cases,
    oldest first, and with one more than ROWS if there are more. At most three statements.
    """
    visible = Case.objects.visible_to(user).filter(NOT_RELEASED, pk=OuterRef("case"))
    found = _first(Q(Exists(visible), owner=user))
    if cases := _with_open_conditions(user):
        found += _first(Q(NOBODYS, TO_BE_MET, case__in=ids_as_rows(cases)))
    return sorted(found, key=lambda condition: (condition.since, condition.pk))[: ROWS + 1]


def _first(which: Q) -> list[Condition]:
    found = Condition.objects.filter(UNMET, which).select_related("case").defer("case__description")
    return list(found.order_by("since", "pk")[: ROWS + 1])


def _with_open_conditions(user: User) -> list[int]:
    """Return the keys of those open cases of `user` that have open conditions. One statement."""
    return ids_among_first(open_cases(user, by=user), rows=MAX_LOOKED_THROUGH, column="open_conditions")
