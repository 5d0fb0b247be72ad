"""Lists on SQLite use the same indexes, and sort nothing that an index already has in order."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import CaseType, User
from tests.unit.selectors.test_case_list_plans import ALONG_ONE_INDEX, show

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture(autouse=True)
def people(clock):
    for name, role in {"mia": "member", "olga": "member", "tom": "technician", "otto": "technician"}.items():
        User.objects.create(username=name, role=role)
    User.objects.create(username="ada", role="administrator")
    CaseType.objects.create(name="Pension")


def steps(name: str, query: str) -> list[str]:
    """Return what SQLite does for each statement on cases."""
    with CaptureQueriesContext(connection) as captured:
        show(name, query)
    found = []
    for sql in [query["sql"] for query in captured.captured_queries if '"cases_case"' in query["sql"]]:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            found += [row[3] for row in cursor.fetchall()]
    return found


# Without a state, all cases are read by their keys, and L-77 is in no table here.
NARROWED = [(name, query) for name, query in ALONG_ONE_INDEX if "=" in query.rstrip("=") and "L-77" not in query]


@pytest.mark.parametrize(("name", "query"), NARROWED)
def test_what_an_index_holds_is_found_along_it(name, query):
    found = steps(name, query)
    assert [step for step in found if "TEMP B-TREE" in step] == []
    assert ("SCAN cases_case" in found) == (query == "sort=oldest"), "in the order of the keys"
