"""The address of the schema ignores its query: it loads no language and sets no header from it."""

import pytest
from django.utils.translation import trans_real

from cases.lifecycle import state_labels
from cases.models import Case

pytestmark = pytest.mark.django_db

URL = "/api/schema/"
ASKED = ["lang=xx-made-up", "lang=es", "lang=de-1996", "lang=../../etc", "version=a%0Ab", "version=2"]


@pytest.fixture
def plain(client, member):
    client.force_login(member)
    return client.get(URL)


@pytest.mark.parametrize("query", [*ASKED, "&".join(ASKED)])
def test_a_query_changes_nothing_and_loads_nothing(query, client, plain):
    loaded = set(trans_real._translations)
    found = client.get(f"{URL}?{query}")
    assert (found.status_code, found.content) == (200, plain.content)
    assert found["Content-Disposition"] == plain["Content-Disposition"]
    assert set(trans_real._translations) == loaded


@pytest.mark.parametrize("query", ASKED)
def test_the_page_about_it_loads_no_language_either(query, client, plain):
    loaded = set(trans_real._translations)
    for url in (f"/api/docs/?{query}", f"/api/docs/?script=&{query}"):
        assert client.get(url).status_code == 200
    assert set(trans_real._translations) == loaded


def test_it_describes_cases_and_not_itself(client, plain):
    schema = client.get(URL, headers={"Accept": "application/json"}).json()
    assert len(schema["paths"]) >= 3
    assert [path for path in schema["paths"] if not path.startswith("/api/cases/")] == []


@pytest.fixture
def schema(client, member):
    client.force_login(member)
    return client.get(URL, headers={"Accept": "application/json"}).json()


def test_it_lists_each_state_that_anyone_can_read(schema):
    staff = {state.key for state in state_labels.for_administrators()}
    members = [state_labels._for_members(view) for view in ("hidden", "in_progress", "announced")]
    keys = staff | {state.key for states in members for state in states}
    assert set(schema["components"]["schemas"]["StateEnum"]["enum"]) == keys
    assert schema["components"]["schemas"]["UrgencyEnum"]["enum"] == Case.Urgency.values


def test_it_has_no_example_of_another_api(schema):
    assert "example" not in str(schema)


def test_only_what_changes_a_case_can_conflict(schema):
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    conflicts = [operation["operationId"] for operation in operations if "409" in operation["responses"]]
    assert conflicts == [operation["operationId"] for operation in operations if "requestBody" in operation]
    assert "cases_release_create" in conflicts
