"""Every page asks the database as often for 100 cases as for 36, and lists are paged."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

PAGES = [
    ("mia", "/"),
    ("mia", "/cases/"),
    ("mia", "/api/cases/"),
    ("tom", "/"),
    ("tom", "/cases/"),
    ("tom", "/cases/?state=completed"),
    ("tom", "/calendar/"),
    ("tom", "/calendar/?view=week&whose=all"),
    ("tom", "/calendar/?view=day"),
    ("tom", "/api/cases/"),
    ("ada", "/"),
    ("ada", "/cases/?q=Question"),
    ("ada", "/calendar/?whose=all"),
    ("ada", "/api/cases/"),
]
# Session, user, the read probe and the clock; the groups' first cases, their counts, and the cases themselves.
MOST = 7


def cost(client, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def fill(mia, tom, count):
    for trait in ("draft", "submitted", "scheduled", "held", "released"):
        CaseFactory.create_batch(count, member=mia, **{trait: True})
    CaseFactory.create_batch(count, member=mia, assigned_to=tom)


@pytest.mark.parametrize(("person", "url"), PAGES)
def test_the_number_of_queries_does_not_grow_with_cases(person, url, client, mia, tom, ada, request):
    client.force_login(request.getfixturevalue(person))
    fill(mia, tom, 6)
    few = cost(client, url)
    fill(mia, tom, 10)
    assert cost(client, url) == few <= MOST


def test_a_case_page_costs_the_same_whatever_its_history(client, tom, ada, mia, clock):
    case = CaseFactory(member=mia, assigned_to=tom)
    client.force_login(ada)
    few = cost(client, f"/cases/{case.pk}/")
    for _ in range(5):
        client.post(f"/cases/{case.pk}/complete/", {"release_option": "schedule"})
        client.post(f"/cases/{case.pk}/return/")
    assert cost(client, f"/cases/{case.pk}/") == few


def test_lists_are_paged_and_capped(client, mia, monkeypatch):
    monkeypatch.setattr("cases.paging.MOST", 40)
    CaseFactory.create_batch(45, member=mia)
    client.force_login(mia)
    first, second = client.get("/cases/").content.decode(), client.get("/cases/?page=2").content.decode()
    assert first.count('class="case-row"') == 25
    assert second.count('class="case-row"') == 15
    assert "The latest 40; search for others" in first


def test_a_count_on_a_dashboard_ends_at_a_thousand(client, mia, tom):
    Case.objects.bulk_create(CaseFactory.build_batch(1000, member=mia, assigned_to=tom))
    client.force_login(tom)
    assert ">1,000<" in client.get("/").content.decode()
    CaseFactory(member=mia, assigned_to=tom)
    assert ">1,000+<" in client.get("/").content.decode()


def test_a_filter_that_cannot_be_read_shows_nothing_and_says_so(client, mia):
    CaseFactory(member=mia)
    client.force_login(mia)
    page = client.get("/cases/?state=secret").content.decode()
    assert 'class="case-row"' not in page
    assert "Select a valid choice" in page
