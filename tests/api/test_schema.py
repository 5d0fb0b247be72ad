"""The address of the schema takes nothing from its query: no language to load, and nothing for a header."""

import pytest
from django.utils.translation import trans_real

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


def test_it_does_not_describe_itself(client, plain):
    schema = client.get(URL, headers={"Accept": "application/json"}).json()
    assert list(schema["paths"]) == ["/api/cases/", "/api/cases/{id}/", "/api/cases/{id}/release/"]
