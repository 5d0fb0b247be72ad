"""What holds back the release of a case: its open conditions."""

from cases.models import Case
from cases.models.condition import UNMET


def recount(case: Case) -> None:
    """Count the open conditions of the locked `case` again, without saving it (DESIGN rule 13)."""
    case.open_conditions = case.conditions.filter(UNMET).count()
