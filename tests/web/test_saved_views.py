"""/views/ and the rail next to the list: saving a filtered list, and finding it again."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.casework import saved_views
from cases.core import limits
from cases.models import BuiltinView, SavedView
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def text_of(client, url, **headers):
    answer = client.get(url, **headers)
    assert answer.status_code == 200
    return answer.content.decode()


def rail(page):
    """Return the links of the rail: name, count if any, and whether it is the present list."""
    part = re.search(r'<nav class="rail".*?</nav>', page, re.DOTALL).group(0)
    links = re.findall(r'<a href="([^"]+)"( aria-current="page")?[^>]*>.*?<span>(.*?)</span>(.*?)</a>', part, re.DOTALL)
    return {name: (re.sub(r"<.*?>", "", count).strip(), bool(current)) for _, current, name, count in links}


def menu(page):
    part = re.search(r'<nav class="menu-views".*?</nav>', page, re.DOTALL).group(0)
    return re.findall(r"<span>(.*?)</span>", part)


@pytest.fixture
def cases(member, technician, other_technician):
    CaseFactory(submitted=True, member=member, urgency="urgent")
    CaseFactory.create_batch(2, submitted=True, member=member)
    turns = [{"waiting_for": side, "waiting_since": timezone.now()} for side in ("member", "staff")]
    CaseFactory(member=member, assigned_to=technician, **turns[0])
    CaseFactory.create_batch(2, member=member, assigned_to=other_technician)
    CaseFactory(held=True, member=member, assigned_to=technician, urgency="urgent", **turns[1])
    CaseFactory(scheduled=True, member=member, assigned_to=technician)
    CaseFactory(held_by_conditions=True, member=member, assigned_to=technician)
    CaseFactory(released=True, member=member, assigned_to=technician, urgency="urgent")


COUNTS = {
    "Unassigned": "3",
    "Urgent": "2",
    "Mine in progress": "1",
    "Messages to answer": "1",
    "Waiting for member": "1",
    "Releasing this week": "1",
    "On hold": "1",
    "Held by conditions": "1",
    "Not opened": "0",
}


def test_the_rail_has_the_views_with_their_counts_and_each_leads_to_as_many(client, technician, clock, cases):
    client.force_login(technician)
    page = text_of(client, "/cases/")
    shown = rail(page)
    assert {name: count for name, (count, _) in shown.items() if count} == COUNTS
    assert list(shown) == [*map(str, BuiltinView.labels), "Manage views"]
    addresses = re.findall(r'<a href="(/cases/\?[^"]+)"[^>]*title="([^"]+)"', page)
    for address, name in addresses[: len(COUNTS)]:
        opened = text_of(client, address.replace("&amp;", "&"))
        assert rail(opened)[name] == (COUNTS[name], True)
        assert opened.count('class="row-title" href="/cases/') == int(COUNTS[name])
        assert f"<title>{name}" in opened
        assert [name for name, (_, is_current) in rail(opened).items() if is_current] == [name]


def test_a_list_is_saved_and_found_in_the_rail_and_the_menu(client, technician, other_technician, clock, cases):
    client.force_login(technician)
    page = text_of(client, "/cases/?state=accepted&technician=&per=100")
    address = re.search(r'href="(/views/new/\?[^"]+)"', page).group(1)
    assert "per=" not in address
    form = text_of(client, address)
    assert "Status: In progress" in form
    assert client.post(address, {"name": " "}).status_code == 400
    answer = client.post(address, {"name": "Everything <in> progress", "is_pinned": "on", "is_shared": "on"})
    assert answer.url == "/cases/?state=accepted"
    page = text_of(client, answer.url)
    assert rail(page)["Everything &lt;in&gt; progress"] == ("3", True)
    assert menu(page)[-2:] == ["Everything &lt;in&gt; progress", "Manage views"]
    assert "View saved." in page
    assert not SavedView.objects.get().is_shared
    client.force_login(other_technician)
    assert "Everything" not in text_of(client, "/cases/?state=accepted")


def test_the_menu_is_in_one_order_on_every_page(client, technician, administrator, clock):
    shared = saved_views.create(by=administrator, source="web", name="Zebra", query="state=held")
    saved_views.change(by=administrator, source="web", view=shared, is_shared=True)
    saved_views.create(by=technician, source="web", name="Apple", query="state=held")
    client.force_login(technician)
    client.post("/views/pin/", {"view": shared.pk, "pinned": "yes"})
    client.post("/views/pin/", {"view": saved_views.visible_to(technician).get(name="Apple").pk, "pinned": "yes"})
    of_list, of_calendar = menu(text_of(client, "/cases/")), menu(text_of(client, "/calendar/"))
    assert of_list == of_calendar
    assert of_list[-3:] == ["Zebra", "Apple", "Manage views"]


@pytest.mark.postgresql
def test_the_clock_is_asked_once_for_all_views(client, technician, cases):
    client.force_login(technician)
    text_of(client, "/cases/")
    with CaptureQueriesContext(connection) as asked:
        text_of(client, "/cases/?due=week")
    assert len([query for query in asked if "clock_timestamp" in query["sql"]]) == 1


def test_a_view_is_renamed_shared_unpinned_and_deleted(client, technician, administrator, clock):
    view = saved_views.create(by=administrator, source="web", name="Held", query="q=divorce")
    client.force_login(administrator)
    url = f"/views/{view.pk}/"
    assert client.post(url, {"name": "Divorces", "is_shared": "on"}).url == "/views/"
    assert rail(text_of(client, "/cases/"))["Divorces"] == ("", False)  # a search is not counted
    client.force_login(technician)
    assert client.get(url).status_code == client.post(f"{url}delete/").status_code == 404
    assert "Divorces" in text_of(client, "/views/")
    assert client.post("/views/pin/", {"view": view.pk, "pinned": "yes"}).url == "/views/"
    assert client.post("/views/pin/", {"view": "urgent", "pinned": "no"}).url == "/views/"
    assert client.post("/views/pin/", {"view": "no-such", "pinned": "no"}).status_code == 400
    assert client.post("/views/pin/", {"view": "999999", "pinned": "no"}).status_code == 404
    assert "Divorces" in menu(text_of(client, "/calendar/"))
    assert "Urgent" not in menu(text_of(client, "/calendar/"))
    client.force_login(administrator)
    assert client.post(f"{url}delete/").url == "/views/"
    assert not SavedView.objects.exists()


def test_a_change_that_is_refused_in_part_changes_nothing(client, administrator, monkeypatch):
    view = saved_views.create(by=administrator, source="web", name="Held", query="state=held")
    monkeypatch.setattr(limits, "VIEWS", 0)
    client.force_login(administrator)
    answer = client.post(f"/views/{view.pk}/", {"name": "On hold", "is_shared": "on"})
    assert answer.status_code == 400
    assert "views are already shared" in answer.content.decode()
    assert SavedView.objects.values_list("name", "is_shared").get() == ("Held", False)


def test_what_technicians_cannot_filter_by_is_not_shared(client, administrator):
    client.force_login(administrator)
    answer = client.post("/views/new/?state=draft", {"name": "Drafts", "is_shared": "on"})
    assert answer.status_code == 400
    assert "Technicians can" in answer.content.decode()


def test_a_filter_that_cannot_be_read_is_not_saved(client, technician):
    client.force_login(technician)
    assert client.get("/views/new/?state=nonsense").url == "/cases/?state=nonsense"


def test_the_rail_follows_the_list_that_a_script_fetches(client, technician, cases):
    client.force_login(technician)
    part = text_of(client, "/cases/?state=held", headers={"HX-Request": "true"})
    assert rail(part)["On hold"] == ("1", True)
    assert 'hx-swap-oob="innerHTML:#list-name">On hold' in part


def test_a_shared_view_of_one_technicians_cases_opens_for_that_technician(client, technician, administrator, cases):
    query = f"technician={technician.pk}"
    saved_views.create(by=administrator, source="web", name="Of Tom", query=query, is_shared=True)
    client.force_login(technician)
    assert rail(text_of(client, "/cases/"))["Of Tom"] == ("5", False)
    assert rail(text_of(client, f"/cases/?{query}"))["Of Tom"] == ("5", True)


def test_views_of_former_technicians_take_one_statement_more(client, technician, clock, cases):
    client.force_login(technician)
    text_of(client, "/cases/")
    with CaptureQueriesContext(connection) as few:
        text_of(client, "/cases/")
    for number in range(4):
        former = CaseFactory(assigned_to__role="administrator").assigned_to
        saved_views.create(by=technician, source="web", name=f"View {number}", query=f"technician={former.pk}")
    with CaptureQueriesContext(connection) as many:
        page = text_of(client, "/cases/")
    assert len(many) == len(few) + 1
    assert [rail(page)[f"View {number}"][0] for number in range(4)] == ["1"] * 4


def test_many_views_take_no_more_statements(client, technician, clock, cases):
    client.force_login(technician)
    text_of(client, "/cases/")
    with CaptureQueriesContext(connection) as few:
        text_of(client, "/cases/")
    for number, query in enumerate(["state=held", "technician=mine", "q=a", "member=mia", "state=nonsense"] * 2):
        saved_views.create(by=technician, source="web", name=f"View {number}", query=query)
    with CaptureQueriesContext(connection) as many:
        page = text_of(client, "/cases/")
    assert len(many) == len(few)
    assert [rail(page)[f"View {number}"][0] for number in range(5)] == ["1", "5", "", "", ""]
