"""The list of cases: filtered, ordered and paged by its URL, as a page and as the part that HTMX swaps."""

import datetime as dt
import html
import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.forms.case_filter import CaseFilter
from cases.models import Case, SavedView
from cases.selectors import case_list, search
from cases.selectors.case_list_query import ORDERS
from tests.clocks import portals_today
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(member, other_member, technician, other_technician, clock):
    """Cases of two members and two technicians in all states. Their titles are the keys."""
    for number in range(2):
        UserFactory(first_name=f"Sam {number}")
    tonight = {"scheduled_release_date": portals_today(), "scheduled_release_time": dt.time(23)}
    week = portals_today() + dt.timedelta(days=7)
    of_tom = {"member": member, "assigned_to": technician}
    released = [dt.datetime(2025, 6, day, tzinfo=dt.UTC) for day in (3, 1)]
    asked = {"waiting_for": "member", "waiting_since": released[0]}
    written, before = [{"waiting_for": "staff", "waiting_since": at} for at in released]
    return {
        "draft": CaseFactory(title="draft", member=member, draft=True),
        "submitted": CaseFactory(title="submitted", member=member, submitted=True),
        "accepted": CaseFactory(title="accepted", **of_tom, **asked),
        "urgent": CaseFactory(
            title="urgent", member=other_member, assigned_to=other_technician, urgency="urgent", **before
        ),
        "later": CaseFactory(title="later", **of_tom, **written, scheduled=True, scheduled_release_date=week),
        "today": CaseFactory(title="today", **of_tom, scheduled=True, **tonight),
        "held": CaseFactory(title="held", **of_tom, **asked, held=True),
        "released": CaseFactory(title="released", **of_tom, released=True, actual_release_date=released[0]),
        "earlier": CaseFactory(title="earlier", **of_tom, released=True, actual_release_date=released[1]),
    }


def titles(answer) -> list[str]:
    """The titles of the rows, from top to bottom."""
    return re.findall(r'class="row-title"[^>]*>(.*?)</(?:span|a)>', answer.content.decode())


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
    ("technician", "due=today&state=scheduled"): ["today"],
    ("technician", "due=today&state=released"): [],
    ("technician", "state=accepted&sort=released"): ["urgent", "accepted"],
    ("technician", "state=accepted&sort=newest"): ["urgent", "accepted"],
    ("technician", "state=accepted&sort=normal"): ["accepted", "urgent"],
    ("technician", "state=open&technician=mine"): ["held", "today", "later", "accepted"],
    ("technician", "state=open&urgency=urgent"): ["urgent"],
    ("technician", "due=week"): ["today"],
    ("technician", "release_from=2025-06-12"): ["later"],
    ("technician", "release_to=2025-06-11&technician=mine"): ["today"],
    ("technician", "state=released&release_from=2025-06-01&release_to=2025-06-01"): ["earlier"],
    ("technician", "state=released&release_to=2025-06-03&q=rel"): ["released"],
    ("technician", "state=scheduled&urgency=normal&sort=latest"): ["later", "today"],
    ("technician", "age=last-7&state=submitted"): ["submitted"],
    ("technician", "age=over-7"): [],
    ("technician", "held_by=report"): [],
    ("technician", "urgency=urgent&state=accepted"): ["urgent"],
    ("technician", "urgency=normal&state=accepted"): ["accepted"],
    ("technician", "waiting=member"): ["accepted"],
    ("technician", "waiting=staff"): ["urgent", "later"],
    ("technician", "waiting=staff&sort=waiting-last"): ["later", "urgent"],
    ("technician", "waiting=staff&technician=mine"): ["later"],
    ("technician", "waiting=staff&urgency=urgent"): ["urgent"],
    ("technician", "waiting=staff&q=late"): ["later"],
    ("member", "waiting=member"): ["accepted"],
    ("member", "waiting=staff"): [],
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


def test_ones_own_cases_are_found_by_ones_own_key_and_shown_as_mine(client, cases, technician):
    """As in a colleague's link or an administrator's saved view."""
    client.force_login(technician)
    answer = client.get(f"/cases/?technician={technician.pk}")
    assert titles(answer) == titles(client.get("/cases/?technician=mine")) != []
    assert f'<option value="{technician.pk}" selected>Mine</option>' in answer.content.decode()
    assert [chip.text for chip in answer.context["chips"]] == ["Technician: Mine"]


@pytest.mark.parametrize("role", ["administrator", "member"])
def test_the_cases_of_a_former_technician_are_found_by_their_key(role, client, cases, other_technician, administrator):
    other_technician.role = role
    other_technician.save()
    client.force_login(administrator)
    answer = client.get(f"/cases/?technician={other_technician.pk}")
    assert titles(answer) == ["urgent"]
    assert [chip.text for chip in answer.context["chips"]] == ["Technician: otto"]
    option = f'<option value="{other_technician.pk}"'
    assert f"{option} selected>otto</option>" in answer.content.decode()
    assert option not in client.get("/cases/").content.decode()
    calendar = client.get(f"/calendar/?whose={other_technician.pk}").content.decode()
    assert f"{option} selected>otto</option>" in calendar


def test_a_list_is_ordered_by_the_heads_of_its_columns_that_an_index_serves(client, cases, technician):
    client.force_login(technician)

    def heads(query: str) -> dict[str, str]:
        found = re.findall(r'class="col-(\w+)[^>]*?(?:aria-sort="(\w+)")?>(<a)?', client.get(query).content.decode())
        return {key: direction or "sortable" for key, direction, link in found if link or direction}

    assert heads("/cases/") == {"case": "sortable", "age": "ascending"}
    assert heads("/cases/?state=accepted&sort=urgent") == {"urgency": "descending", "age": "sortable"}
    assert heads("/cases/?state=scheduled") == {"date": "ascending"}
    assert heads("/cases/?state=released&technician=mine") == {"date": "descending"}


def test_what_one_kind_of_condition_holds_is_found(client, cases, technician, clock):
    for case, kind in ((cases["today"], "approval"), (cases["later"], "report")):
        case.conditions.create(kind=kind, created=timezone.now(), since=timezone.now())
        Case.objects.filter(pk=case.pk).update(open_conditions=1)
    client.force_login(technician)
    clock.move_to(dt.datetime(2025, 6, 13, tzinfo=dt.UTC))

    assert titles(client.get("/cases/?held_by=approval")) == ["today"]
    assert titles(client.get("/cases/?held_by=report")) == []
    assert titles(client.get("/cases/?due=conditions")) == ["today"]


def test_the_way_back_from_a_case_has_the_name_of_the_view(client, cases, technician):
    SavedView.objects.create(
        owner=technician, name="Later ones", query="technician=mine&sort=oldest", created=timezone.now()
    )
    client.force_login(technician)
    case = cases["accepted"]
    for query, name in (
        ("state=accepted&technician=mine", "Mine in progress"),
        ("sort=oldest&technician=mine&per=100", "Later ones"),
        ("technician=mine", "Cases"),
    ):
        page = client.get(f"/cases/{case.pk}/?{urlencode({'list': query, 'place': 1})}").content.decode()
        crumbs = page.partition('<nav class="crumbs"')[2].partition("</a>")[0]
        assert crumbs.endswith(f"</svg>{name}"), crumbs


def test_a_case_leads_back_to_the_list_and_on_to_its_neighbors(client, cases, technician, member):
    client.force_login(technician)
    listed = client.get("/cases/?technician=mine&sort=oldest").content.decode()
    (later,) = re.findall(r'href="(/cases/\d+/\?[^"]*)" title="later"', listed)
    address = html.unescape(later)
    page = client.get(address)

    assert page.context["back_to_list"] == "/cases/?technician=mine&sort=oldest"
    assert page.context["previous_case"].startswith(f"/cases/{cases['accepted'].pk}/?")
    following = page.context["next_case"]
    assert following.startswith(f"/cases/{cases['today'].pk}/?")
    # Once the case has left the list, the one that took its place comes next.
    Case.objects.filter(pk=cases["later"].pk).update(assigned_to=None)
    left = client.get(address)
    assert left.context["next_case"].startswith(f"/cases/{cases['today'].pk}/?")
    assert left.context["previous_case"].startswith(f"/cases/{cases['accepted'].pk}/?")
    # An action leads back to the page of the case, and the place in the list stays.
    kept = client.get(f"/cases/{cases['later'].pk}/", headers={"Referer": f"http://testserver{address}"})
    assert kept.url == address
    for odd in ("list=state%3Dodd&place=1", "list=&place=0", "list=&place=x", "place=1", "list=&place=99999999"):
        assert "next_case" not in client.get(f"/cases/{cases['accepted'].pk}/?{odd}").context
    client.force_login(member)
    ours = client.get(f"/cases/{cases['accepted'].pk}/?list=technician%3Dmine&place=4").context
    assert ours["next_case"].startswith(f"/cases/{cases['submitted'].pk}/?")
    assert ours["previous_case"].startswith(f"/cases/{cases['released'].pk}/?"), "nothing that is held"


def test_how_a_list_is_shown_is_in_its_address(client, member, technician):
    Case.objects.bulk_create(CaseFactory.build_batch(120, member=member, assigned_to=technician))
    client.force_login(technician)
    first = client.get("/cases/?density=comfortable").content.decode()
    last = client.get("/cases/?density=comfortable&per=100&page=2").content.decode()

    assert (first.count('scope="row"'), last.count('scope="row"')) == (50, 20)
    assert "dense cards comfortable" in first
    assert 'href="?density=comfortable&amp;page=3"' in first
    assert "101 to 120 of 120" in " ".join(last.split())
    assert 'href="?per=100&amp;density=comfortable"' in first
    assert "page-numbers" in first
    Case.objects.filter(pk=Case.objects.earliest("pk").pk).update(urgency="urgent")
    one = client.get("/cases/?urgency=urgent").content.decode()
    assert one.count('scope="row"') == 1
    assert "page-numbers" not in one, "the heading says how many there are"


@pytest.mark.parametrize("searched", [10_000, 3])
def test_a_search_among_many_matches_says_so(client, cases, administrator, monkeypatch, searched):
    monkeypatch.setattr(case_list, "SEARCHED", searched)
    monkeypatch.setattr(search, "MAX_MATCHES", searched)
    client.force_login(administrator)
    answer = client.get("/cases/?q=what+should")
    bounded = searched == 3
    assert titles(answer) == (["earlier", "released", "held"] if bounded else ALL)
    assert ("Only the latest 3 of them were filtered" in answer.content.decode()) == bounded
    assert titles(client.get(f"/cases/?q={cases['draft'].external_case_id.lower()}")) == ["draft"]
    assert titles(client.get(f"/cases/?q={cases['draft'].external_case_id}&state=held")) == []


@pytest.mark.parametrize("accepted", [None, dt.datetime(2025, 6, 2, tzinfo=dt.UTC)])
def test_each_row_of_a_member_names_the_state(accepted, client, member, technician):
    CaseFactory(member=member, assigned_to=technician, date_accepted=accepted)
    client.force_login(member)
    row = client.get("/cases/").content.decode().partition('class="row-about"')[2]
    assert row.partition("</li>")[0].count("In progress") == 1


def test_all_of_a_member_with_as_many_cases_as_are_searched_are_searched(client, cases, administrator, monkeypatch):
    client.force_login(administrator)
    of_member = "/cases/?member=mia&q=what"
    shown = len(titles(client.get(of_member)))
    for searched, said in ((shown, False), (shown - 1, True)):
        monkeypatch.setattr(case_list, "SEARCHED", searched)
        monkeypatch.setattr(search, "MAX_MATCHES", 1)
        answer = client.get("/cases/?member=mia")
        assert len(titles(answer)) == searched
        assert (f"Only the latest {searched}" in answer.content.decode()) == said


@pytest.mark.parametrize(
    ("person", "query", "said"),
    [
        ("member", "state=scheduled", "Status: Unknown status."),
        ("member", "sort=title", "Sort by: Select a valid choice"),
        ("technician", "technician=99999", "Technician: Technician not found."),
        ("technician", "due=yesterday", "Release: Select a valid choice"),
        ("technician", "release_from=soon", "Release date from: Enter a date."),
        ("technician", "state=released&release_to=9999-12-31", "Release date to: Enter a date."),
        ("technician", "release_from=2025-06-02&release_to=2025-06-01", "on or after the first one"),
        ("technician", "per=1000", "Cases per page: Select a valid choice"),
        ("administrator", "urgency=high", "Urgency: Unknown urgency."),
        ("administrator", "member=s", "Member: Several members match, such as"),
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
    """Two cases in progress stay in the same order when one of them is completed."""
    settings.RELEASE_MEMBER_VIEW = view
    client.force_login(member)
    secret, other = (
        CaseFactory(title="secret", member=member, assigned_to=technician),
        CaseFactory(title="other", member=member),
    )
    queries = [f"{filters}&sort={order.key}" for filters in ("", "state=accepted") for order in ORDERS]
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
    page, part = client.get("/cases/?q=what"), client.get("/cases/?q=what", headers={"HX-Request": "true"})
    assert titles(page) == titles(part) != []
    assert "<html" in page.content.decode()
    assert "<html" not in part.content.decode()
    assert 'hx-swap-oob="innerHTML:#list-status">8 cases' in part.content.decode()
    assert "HX-Request" in page["Vary"]
    assert "HX-Request" in part["Vary"]


def test_links_keep_the_filter(client, member, technician):
    CaseFactory.create_batch(60, member=member, assigned_to=technician)
    client.force_login(technician)
    page = client.get("/cases/?state=accepted&technician=mine&q=&nonsense=1").content.decode()
    assert 'href="?state=accepted&amp;technician=mine&amp;page=2"' in page
    assert 'href="?state=accepted&amp;technician=mine&amp;sort=accepted-first"' in page
    assert 'href="?state=accepted"' in page, "the chip takes the technician away"
    assert "Technician: Mine" in page
    assert "1 to 50 of 60" in " ".join(page.split())


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


@pytest.mark.one_database("counts statements; what they find is found on both")
@pytest.mark.parametrize(
    ("person", "queries"),
    [("member", QUERIES), ("technician", QUERIES + OF_STAFF), ("administrator", QUERIES + OF_STAFF)],
)
def test_the_dashboard_and_lists_cost_the_same_with_two_thousand_cases(
    person, queries, client, member, technician, administrator, request, monkeypatch
):
    monkeypatch.setattr(search, "MAX_MATCHES", 20)
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
    fill(400)
    assert [cost(url) for url in urls] == few
    # For staff also the views: two for their rail, one for its counts, and one for the menu. Their search by words
    # looks for members of that name, for cases, and for the words that it found. One looks up what is unread.
    assert max(few) <= (12 if person == "member" else 20)


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


@pytest.mark.parametrize("text", ["anna", "bergstrom", "mia", "mia@", "mia@example.com", "MIA@EXAMPLE.COM"])
def test_a_technicians_filter_knows_no_member_without_a_case_that_they_see(text, anna, technician, administrator):
    def asked(person) -> CaseFilter:
        return CaseFilter(QueryDict(urlencode({"member": text})), by=person)

    for status in ("draft", "deleted"):
        CaseFactory(member=anna, status=status, assigned_to=None)
    assert asked(technician).errors == {"member": ["Member not found."]}
    assert asked(administrator).is_valid()
    UserFactory(username="mia2", first_name="Anna", last_name="Bergström")
    CaseFactory(member=anna, submitted=True)
    mine = asked(technician)
    assert mine.is_valid()
    assert mine.cleaned_data["member"] == anna


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


def test_a_search_with_a_typing_mistake_offers_the_word_that_this_list_has(client, member, technician):
    CaseFactory(member=member, assigned_to=technician, title="Pension statement")
    client.force_login(technician)
    shown = html.unescape(client.get("/cases/", {"q": "penson", "technician": technician.pk}).content.decode())
    link = re.search(r'Did you mean: <a href="(\?[^"]*)">pension</a>', shown)
    assert link
    assert "Pension statement" in client.get(f"/cases/{link[1]}").content.decode()
    assert f"technician={technician.pk}" in link[1]
    for asked in ({"q": "penson", "state": "released"}, {"q": "xyzzyx"}, {"state": "released"}):
        assert "Did you mean" not in client.get("/cases/", asked).content.decode()
