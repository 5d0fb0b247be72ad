"""The list of cases: filtered, ordered and paged by its address, as a page and as the part that HTMX swaps."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from cases.selectors import case_list
from tests.clocks import portals_today
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(member, other_member, technician, other_technician, clock):
    """Cases of two members and two technicians in all states; their titles are the keys."""
    tonight = {"scheduled_release_date": portals_today(), "scheduled_release_time": dt.time(23)}
    week = portals_today() + dt.timedelta(days=7)
    of_tom = {"member": member, "assigned_to": technician}
    released = [dt.datetime(2025, 6, day, tzinfo=dt.UTC) for day in (3, 1)]
    return {
        "draft": CaseFactory(title="draft", member=member, draft=True),
        "submitted": CaseFactory(title="submitted", member=member, submitted=True),
        "accepted": CaseFactory(title="accepted", **of_tom),
        "urgent": CaseFactory(title="urgent", member=other_member, assigned_to=other_technician, urgency="urgent"),
        "later": CaseFactory(title="later", **of_tom, scheduled=True, scheduled_release_date=week),
        "today": CaseFactory(title="today", **of_tom, scheduled=True, **tonight),
        "held": CaseFactory(title="held", **of_tom, held=True),
        "released": CaseFactory(title="released", **of_tom, released=True, actual_release_date=released[0]),
        "earlier": CaseFactory(title="earlier", **of_tom, released=True, actual_release_date=released[1]),
    }


def titles(answer) -> list[str]:
    """The titles of the rows, from top to bottom."""
    return re.findall(r'<span class="row-title">(.*?)</span>', answer.content.decode())


ALL = ["earlier", "released", "held", "today", "later", "urgent", "accepted", "submitted", "draft"]
LISTS = {
    ("member", ""): ["earlier", "released", "accepted", "submitted", "draft"],
    ("member", "sort=oldest"): ["draft", "submitted", "accepted", "released", "earlier"],
    ("member", "state=open"): ["accepted", "submitted"],
    ("member", "state=released"): ["released", "earlier"],
    ("member", "state=released&sort=released-first"): ["earlier", "released"],
    ("member", "q=ACCEPT"): ["accepted"],
    ("member", "urgency=urgent"): [],
    ("member", "technician=mine&due=today&member=olga"): ["earlier", "released", "accepted", "submitted", "draft"],
    ("technician", ""): ALL[:-1],
    ("technician", "technician=mine"): [title for title in ALL[:-2] if title != "urgent"],
    ("technician", "technician=mine&sort=oldest"): ["accepted", "later", "today", "held", "released", "earlier"],
    ("technician", "technician=nobody"): ["submitted"],
    ("technician", "technician=mine&state=scheduled"): ["today", "later"],
    ("technician", "technician=mine&state=scheduled&sort=latest"): ["later", "today"],
    ("technician", "technician=mine&state=submitted"): [],
    ("technician", "due=today"): ["today"],
    ("technician", "due=today&state=scheduled"): ["today"],
    ("technician", "due=today&state=released"): [],
    ("technician", "state=accepted&sort=released"): ["urgent", "accepted"],
    ("technician", "urgency=urgent&state=accepted"): ["urgent"],
    ("technician", "urgency=normal&state=accepted"): ["accepted"],
    ("administrator", ""): ALL,
    ("administrator", "member=olga"): ["urgent"],
    ("administrator", "member=olga@example.com&q=urg"): ["urgent"],
    ("administrator", "member=mia&state=held"): ["held"],
}


@pytest.mark.parametrize(("person", "query"), LISTS)
def test_a_list_shows_what_its_address_asks_for(person, query, client, cases, request, administrator):
    client.force_login(request.getfixturevalue(person))
    assert titles(client.get(f"/cases/?{query}")) == LISTS[person, query]


def test_one_technician_is_chosen_by_name(client, cases, technician, other_technician):
    client.force_login(technician)
    assert titles(client.get(f"/cases/?technician={other_technician.pk}")) == ["urgent"]


@pytest.mark.parametrize("searched", [10_000, 3])
def test_a_search_looks_among_the_latest_and_says_so(client, cases, administrator, monkeypatch, searched):
    monkeypatch.setattr(case_list, "SEARCHED", searched)
    client.force_login(administrator)
    answer = client.get("/cases/?q=E")
    bounded = searched == 3
    assert titles(answer) == (["earlier", "released", "held"] if bounded else [t for t in ALL if "e" in t])
    assert ("Only the latest 3 cases were searched" in answer.content.decode()) == bounded
    assert titles(client.get(f"/cases/?q={cases['draft'].external_case_id.lower()}")) == ["draft"]
    assert titles(client.get(f"/cases/?q={cases['draft'].external_case_id}&state=held")) == []


@pytest.mark.parametrize(
    ("person", "query", "said"),
    [
        ("member", "state=scheduled", "Status: Unknown status."),
        ("member", "sort=title", "Sort by: Select a valid choice"),
        ("technician", "technician=99999", "Technician: Technician not found."),
        ("technician", "due=yesterday", "Release: Select a valid choice"),
        ("administrator", "urgency=high", "Urgency: Unknown urgency."),
        ("administrator", "member=a", "Member: Several members match, such as"),
        ("administrator", "member=nobody", "Member: Member not found."),
        ("administrator", "member=tom", "Member: Member not found."),
    ],
)
def test_what_cannot_be_read_shows_nothing_and_says_so(person, query, said, client, cases, request, administrator):
    client.force_login(request.getfixturevalue(person))
    answer = client.get(f"/cases/?{query}")
    assert titles(answer) == []
    assert said in answer.content.decode()


@pytest.mark.parametrize("view", ["hidden", "in_progress", "announced"])
def test_no_order_tells_a_member_what_no_row_does(view, client, member, technician, clock, settings):
    """Two cases in progress, of which one is completed, are in the same order before and after the completion."""
    settings.RELEASE_MEMBER_VIEW = view
    client.force_login(member)
    secret, other = (
        CaseFactory(title="secret", member=member, assigned_to=technician),
        CaseFactory(title="other", member=member),
    )
    queries = [f"{filters}&sort={order.key}" for filters in ("", "state=accepted") for order in case_list.ORDERS]
    before = [titles(client.get(f"/cases/?{query}")) for query in queries]
    day = dt.date(2025, 6, 20)
    Case.objects.filter(pk=secret.pk).update(status="completed", scheduled_release_date=day, schedule_revision=1)
    after = [titles(client.get(f"/cases/?{query}")) for query in queries]
    gone = {"hidden": "", "announced": "state=accepted", "in_progress": None}[view]
    for query, then, now in zip(queries, before, after, strict=True):
        is_gone = gone is not None and query.startswith(gone)
        assert now == ([title for title in then if title != "secret"] if is_gone else then), query
    assert other.title in after[0]


def test_htmx_gets_the_list_alone(client, cases, technician):
    client.force_login(technician)
    page, part = client.get("/cases/?q=e"), client.get("/cases/?q=e", headers={"HX-Request": "true"})
    assert titles(page) == titles(part) != []
    assert "<html" in page.content.decode()
    assert "<html" not in part.content.decode()
    assert 'hx-swap-oob="innerHTML:#list-status">7 cases' in part.content.decode()
    assert "HX-Request" in page["Vary"]
    assert "HX-Request" in part["Vary"]


def test_links_keep_the_filter(client, member, technician):
    CaseFactory.create_batch(30, member=member, assigned_to=technician)
    client.force_login(technician)
    page = client.get("/cases/?state=accepted&technician=mine&q=&nonsense=1").content.decode()
    assert 'href="?state=accepted&amp;technician=mine&amp;page=2"' in page
    assert 'href="?state=accepted&amp;technician=mine&amp;sort=accepted-first"' in page
    assert 'href="?state=accepted"' in page, "the chip takes the technician away"
    assert "Technician: Mine" in page
    assert "30 cases" in page


def test_empty_lists_say_what_to_do(client, member, other_member, technician, administrator):
    for person, words in (
        (member, "Create a case with your question"),
        (technician, "appear here when members submit them"),
    ):
        client.force_login(person)
        assert words in client.get("/cases/").content.decode()
    assert "Try different words" in client.get("/cases/?q=nothing").content.decode()


QUERIES = ["", "q=Question", "urgency=normal", "sort=oldest"]
OF_STAFF = ["state=scheduled", "technician=nobody&state=submitted", "due=today", "state=released&sort=released-first"]


@pytest.mark.parametrize(
    ("person", "queries"),
    [("member", QUERIES), ("technician", QUERIES + OF_STAFF), ("administrator", QUERIES + OF_STAFF)],
)
def test_the_dashboard_and_lists_cost_the_same_with_ten_thousand_cases(
    person, queries, client, member, technician, administrator, request
):
    client.force_login(request.getfixturevalue(person))

    def cost(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    def fill(count: int) -> None:
        for trait in ("draft", "submitted", "scheduled", "held", "released"):
            whose = {"member": member, "assigned_to": None if trait in ("draft", "submitted") else technician}
            Case.objects.bulk_create(CaseFactory.build_batch(count, **whose, **{trait: True}))

    urls = ["/", *(f"/cases/?{query}" for query in queries)]
    fill(6)
    few = [cost(url) for url in urls]
    fill(2000 if connection.vendor == "postgresql" else 200)  # on SQLite a tenth says the same
    assert [cost(url) for url in urls] == few
    assert max(few) <= 10


@pytest.fixture
def anna(member):
    member.first_name, member.last_name = "Anna", "Bergström"
    member.save()
    return member


@pytest.mark.parametrize("text", ["anna", "Bergstr", "bergstr anna", "mia", "mia@exa"])
def test_staff_find_the_cases_of_a_member_by_name(anna, other_member, technician, client, text):
    CaseFactory(title="hers", member=anna, submitted=True)
    CaseFactory(title="other", member=other_member, submitted=True)
    client.force_login(technician)

    assert titles(client.get("/cases/", {"q": text})) == ["hers"]


def test_nobody_finds_a_draft_by_its_members_name_who_may_not_see_it(anna, technician, client):
    CaseFactory(title="hers", member=anna, draft=True)
    client.force_login(technician)

    assert titles(client.get("/cases/?q=anna")) == []


def test_the_filter_for_a_member_takes_a_name(anna, other_member, administrator, client):
    CaseFactory(title="hers", member=anna)
    CaseFactory(title="other", member=other_member)
    client.force_login(administrator)

    assert titles(client.get("/cases/?member=anna+berg")) == ["hers"]


@pytest.mark.parametrize("person", ["member", "technician"])
@pytest.mark.parametrize("text", ["C-7K2M", "c-7k2m", "7K2M", "7k2m", "7k2m9qx4tb"])
def test_a_case_is_found_by_the_beginning_of_its_number(person, text, member, other_member, client, request):
    CaseFactory(title="hers", member=member, submitted=True, external_case_id="C-7K2M9QX4TB")
    CaseFactory(title="other", member=member, submitted=True, external_case_id="C-9QX4TB7K2M")
    CaseFactory(title="secret", member=member, held=True, external_case_id="C-7K2M000000")
    client.force_login(request.getfixturevalue(person))

    found = titles(client.get("/cases/", {"q": text}))

    assert found == (["hers"] if person == "member" or len(text) > 6 else ["secret", "hers"])


def test_a_member_finds_nothing_by_a_name(anna, client):
    CaseFactory(title="hers", member=anna)
    client.force_login(anna)

    assert titles(client.get("/cases/?q=anna")) == []
