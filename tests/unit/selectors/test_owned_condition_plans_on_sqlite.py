"""The conditions of a person are found along indexes on SQLite too."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Condition
from cases.selectors.owned_conditions import owned_conditions
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def test_no_table_is_gone_through(technician, clock):
    case = CaseFactory(assigned_to=technician, open_conditions=1)
    Condition.objects.create(case=case, kind="manual", name="Paid", created=FROZEN, since=FROZEN)
    with CaptureQueriesContext(connection) as captured:
        assert len(owned_conditions(technician)) == 1
    assert len(captured) == 3
    steps = []
    for query in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            steps += [row[3] for row in cursor.fetchall()]
    # The only scans are of a subquery's results, and of a list of keys.
    assert {step for step in steps if step.startswith("SCAN")} <= {"SCAN part", "SCAN json_each VIRTUAL TABLE INDEX 1:"}
    used = " ".join(steps)
    for index in ("condition_open_of_owner", "condition_of_case", "case_in_work", "case_assigned_due"):
        assert index in used
