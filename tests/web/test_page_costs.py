"""Every page runs as many queries for 3,000 cases as for a dozen, and no more than stated here."""

import datetime as dt
import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, CaseDocument, CaseEvent, CaseNote, User
from tests.clocks import portals_today
from tests.factories import CaseFactory, UserFactory
from tests.pages import (
    ADMINISTRATOR,
    MEMBER,
    NEWCOMER,
    PAGES,
    STAFF,
    STATES,
    STRANGER,
    TECHNICIAN,
    Page,
    World,
    at,
    make_world,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("counts statements of pages that tests/web/test_pages.py opens on both"),
]

# Half of them belong to the member and the technician: more than any page counts or shows.
MANY = 3_000
PEOPLE = [STRANGER, MEMBER, NEWCOMER, TECHNICIAN, ADMINISTRATOR]
API = [
    Page(
        "api-case", "api_case-detail", (MEMBER, ADMINISTRATOR), lambda world: f"/api/cases/{world.case('released').pk}/"
    ),
    Page("api-cases", "api_case-list", (MEMBER, TECHNICIAN, ADMINISTRATOR), at("api_case-list")),
]


def cost(client, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_no_page_asks_oftener_when_there_are_many_cases():
    world = make_world()
    # More in one group of a dashboard than it shows.
    CaseFactory.create_batch(5, member=world.member, assigned_to=world.technician)
    # Also a colleague's: a page with such a case looks up once for whom the technician stands in.
    CaseFactory(member=world.member, scheduled=True)
    # A member's first visit releases their due cases, once.
    pages = [page for page in [*PAGES, *API] if "due" not in page.name]
    costs(world, pages)
    few = costs(world, pages)
    fill(world, MANY)
    assert costs(world, pages) == few
    # Pages also look up what is unread, and those of staff whether releases are stopped, and which views are in the
    # menu.
    more = {person: (person != STRANGER) + 2 * (person in STAFF) for person in PEOPLE}
    most = {(page.name, person): page.queries + more[person] for page in pages for person in page.people}
    assert {name: cost for name, cost in few.items() if cost > most[name]} == {}


def costs(world: World, pages: list[Page]) -> dict[tuple[str, str], int]:
    """Return how many statements each page takes for each person who may open it."""
    counted = {}
    for person in PEOPLE:
        client = world.client(person)
        for page in pages:
            if person in page.people:
                address = page.address(world)
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(address).status_code == page.status
                counted[page.name, person] = len(queries)
    return counted


def fill(world: World, count: int) -> None:
    """Create that many cases in all states but due, half of them the member's and the technician's. The member's first
    cases and every tenth of the others also get documents, notes and history."""
    others = UserFactory.create_batch(5), UserFactory.create_batch(5, role=User.Role.TECHNICIAN)
    pairs = itertools.cycle([*[(world.member, world.technician)] * 5, *zip(*others, strict=True)])
    Case.objects.bulk_create(itertools.islice(_cases(pairs), count), batch_size=2000)
    for case in Case.objects.filter(pk__in=[world.case(state).pk for state in STATES if state != "due"]):
        _add_to(case, world, 20)


def _cases(pairs):
    states = itertools.cycle(state for state in STATES if state != "due")
    for number, (state, (member, technician)) in enumerate(zip(states, pairs, strict=False)):
        trait = {} if state == "accepted" else {state: True}
        date = {"scheduled_release_date": portals_today() + dt.timedelta(days=1 + number % 40)}
        worked_on = {} if state in ("draft", "submitted") else {"assigned_to": technician}
        yield CaseFactory.build(member=member, **worked_on, **trait, **(date if state == "scheduled" else {}))


def _add_to(case: Case, world: World, count: int) -> None:
    facts = {"case": case, "size": 1, "content_type": "text/plain", "uploaded_at": timezone.now()}
    for kind, person in (("submission", world.member), ("report", world.technician)):
        CaseDocument.objects.bulk_create(
            CaseDocument(kind=kind, name=f"{number}.txt", file=f"{case.pk}{kind}{number}", uploaded_by=person, **facts)
            for number in range(count)
        )
    happened = {"case": case, "kind": "document_attached", "source": "web", "schedule_revision": 0}
    CaseEvent.objects.bulk_create(
        CaseEvent(at=timezone.now(), actor=person, **happened) for person in (world.member, world.technician) * count
    )
    CaseNote.objects.bulk_create(
        CaseNote(case=case, author=person, text="A note", at=timezone.now())
        for person in (world.technician, world.administrator) * count
    )


def test_a_case_page_costs_the_same_whatever_its_history(client, technician, administrator, member, clock):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(administrator)
    few = cost(client, f"/cases/{case.pk}/")
    for _ in range(5):
        client.post(f"/cases/{case.pk}/complete/", {"release_option": "schedule"})
        client.post(f"/cases/{case.pk}/return/")
    assert cost(client, f"/cases/{case.pk}/") == few


def test_lists_are_paged_and_capped(client, member, count_up_to):
    count_up_to(40)
    CaseFactory.create_batch(45, member=member)
    client.force_login(member)
    first, second = client.get("/cases/").content.decode(), client.get("/cases/?page=2").content.decode()
    assert first.count('class="row-link"') == 25
    assert second.count('class="row-link"') == 15
    assert "Latest 40. Search to find others" in first


def test_a_count_on_a_dashboard_ends_at_a_thousand(client, member, technician):
    Case.objects.bulk_create(CaseFactory.build_batch(1000, member=member, assigned_to=technician))
    client.force_login(technician)
    assert ">1,000<" in client.get("/").content.decode()
    CaseFactory(member=member, assigned_to=technician)
    assert ">1,000+<" in client.get("/").content.decode()


def test_a_filter_that_cannot_be_read_shows_nothing_and_says_so(client, member):
    CaseFactory(member=member)
    client.force_login(member)
    page = client.get("/cases/?state=secret").content.decode()
    assert 'class="row-link"' not in page
    assert "Unknown status." in page
