"""A technician's open cases are found among many without reading released ones."""

import pytest
from django.db import connection

from cases.casework import assignment
from cases.models import User
from cases.selectors.pagination import MAX_COUNTED
from tests.factories import UserFactory
from tests.unit.db.test_query_plans import Plans, many_cases  # noqa: F401  (the fixture fills the table)

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

# Enough for the technician to have several times as many open cases as are counted.
CASES = 100_000

# A sixth of the pending cases become accepted and another sixth held, because with no such rows any index would do.
UNDO = """
UPDATE cases_case SET status = CASE id %% 6 WHEN 0 THEN 'accepted' ELSE 'completed' END,
    scheduled_release_date = NULL, scheduled_release_time = NULL, armed_revision = NULL
WHERE id %% 6 < 2 AND actual_release_date IS NULL
"""


@pytest.fixture
def busy_technician() -> User:
    """One with a tenth of all cases, in all states."""
    user = UserFactory(role=User.Role.TECHNICIAN)
    with connection.cursor() as cursor:
        cursor.execute(UNDO, [])
        cursor.execute("UPDATE cases_case SET assigned_to_id = %s WHERE id %% 11 = 0", [user.pk])
        cursor.execute("ANALYZE cases_case")
    return user


def test_the_open_cases_are_counted_along_indexes(busy_technician, administrator):
    counted = []

    plans = Plans(
        lambda: counted.append(assignment.count_open(busy_technician, by=administrator, most=MAX_COUNTED + 1))
    )

    assert counted[0] > MAX_COUNTED
    assert plans.whole_table == []
    assert plans.indexes <= {"case_in_work", "case_assigned_held", "case_assigned_due"}
    assert plans.rows_touched <= 3 * (MAX_COUNTED + 1)
