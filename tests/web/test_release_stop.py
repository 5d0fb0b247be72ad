"""The release stop on the pages: the form, the banner for staff, refusals, and that members notice nothing."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families
from rest_framework.test import APIClient

from cases import releases
from cases.lifecycle import release_stop
from cases.models import Case, Heartbeat, PortalEvent
from tests.conftest import FROZEN
from tests.factories import CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database("is about pages: tests/unit/releases has the stop on both"),
]

REASON = "A wrong <report> went out."
BANNER = 'id="release-stop"'
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def stopped(administrator):
    return releases.stop_releases(by=administrator, source="web", reason=REASON)


@pytest.fixture
def admin(client, administrator):
    client.force_login(administrator)
    return client


def read(client, url) -> str:
    response = client.get(url)
    assert response.status_code == 200, url
    return " ".join(response.content.decode().split())


# --- The form --------------------------------------------------------------------------------------------------------


def test_an_administrator_stops_and_starts_on_the_operations_page(admin, administrator, member, other_member):
    CaseFactory.create_batch(2, due=True, member=member)
    CaseFactory(due=True, member=other_member)
    assert "Stop all releases" in read(admin, "/operations/")

    page = admin.post("/operations/releases/stop/", {"reason": REASON}, follow=True).content.decode()
    assert "Releases stopped." in page
    assert "<strong>3 cases</strong> are due." in page
    assert "2 members will get an email." in page
    assert release_stop.current().actor == administrator

    seen = release_stop.current().at.isoformat()
    page = admin.post("/operations/releases/start/", {"reason": "Corrected.", "seen": seen}, follow=True)
    assert "Releases started." in page.content.decode()
    assert release_stop.current() is None
    assert [event.reason for event in PortalEvent.objects.all()] == ["Corrected.", REASON]


@pytest.mark.parametrize("reason", ["", " ", "x" * 1001])
def test_a_refusal_stands_beside_the_reason(admin, reason):
    answer = admin.post("/operations/releases/stop/", {"reason": reason})
    assert answer.status_code == 400
    assert 'id="stop_reason_error"' in answer.content.decode()
    assert release_stop.current() is None


def test_a_stop_that_is_there_already_is_shown(admin, stopped):
    answer = admin.post("/operations/releases/stop/", {"reason": "Again"})
    assert answer.status_code == 409
    assert "A wrong &lt;report&gt; went out." in answer.content.decode()


@pytest.mark.parametrize("seen", ["nonsense", "2025-06-11T11:00:00+00:00"])
def test_a_start_that_has_seen_another_stop_starts_nothing(admin, stopped, seen):
    answer = admin.post("/operations/releases/start/", {"seen": seen})
    assert answer.status_code in (400, 409)
    assert release_stop.current()


def test_starting_what_runs_says_so(admin):
    answer = admin.post("/operations/releases/start/", {})
    assert answer.status_code == 409
    assert "Releases aren&#x27;t stopped." in answer.content.decode()


def test_technicians_and_members_have_no_such_form(client, technician, member, stopped):
    for person in (technician, member):
        client.force_login(person)
        for action in ("stop", "start"):
            assert client.post(f"/operations/releases/{action}/", {"reason": "x"}).status_code == 403


def test_it_says_that_no_case_is_due(admin, stopped):
    assert "No case is due." in read(admin, "/operations/")


# --- The banner -------------------------------------------------------------------------------------------------------


def test_every_page_of_staff_says_it_once(client, administrator, technician, member, stopped):
    case = CaseFactory(member=member, assigned_to=technician)
    pages = ["/", "/cases/", f"/cases/{case.pk}/", "/calendar/", reverse("profile")]
    for person, urls in ((technician, pages), (administrator, [*pages, "/people/", "/operations/"])):
        client.force_login(person)
        for url in urls:
            page = read(client, url)
            assert page.count(BANNER) == 1, url
            assert "ada stopped them on Jun 11, 2025, 12:00 PM." in page
            assert "Reason: A wrong &lt;report&gt; went out." in page
    assert "All releases are stopped." in read(client, "/admin/")


def test_it_goes_with_the_stop(client, technician, administrator, stopped):
    client.force_login(technician)
    releases.start_releases(by=administrator, source="web")
    assert BANNER not in read(client, "/")


def test_it_costs_a_page_of_staff_one_statement_and_members_none(client, technician, member):
    for person, most in ((technician, 1), (member, 0)):
        client.force_login(person)
        read(client, "/cases/")
        with CaptureQueriesContext(connection) as captured:
            read(client, "/cases/")
        assert len([query for query in captured if "releasestop" in query["sql"]]) == most


# --- Members ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["hidden", "in_progress", "announced"])
def test_to_members_nothing_differs(client, administrator, member, technician, settings, view):
    settings.RELEASE_MEMBER_VIEW = view
    CaseFactory(member=member, released=True)
    pending = CaseFactory(member=member, assigned_to=technician, scheduled=True)
    urls = ["/", "/cases/", f"/cases/{pending.pk}/", "/api/cases/", f"/api/cases/{pending.pk}/"]
    client.force_login(member)

    def answers():
        found = [client.get(url) for url in urls]
        return [(answer.status_code, without_tokens(answer.content.decode())) for answer in found]

    def without_tokens(page):
        return re.sub(r'value="[^"]{60,}"', "", page.split("<main")[-1].split("</main")[0])

    before = answers()
    releases.stop_releases(by=administrator, source="web", reason=REASON)
    assert answers() == before


@pytest.mark.parametrize("view", ["hidden", "in_progress", "announced"])
def test_no_door_of_a_member_releases_or_says_why(client, administrator, member, settings, stopped, view):
    settings.RELEASE_MEMBER_VIEW = view
    due = CaseFactory(member=member, due=True)
    client.force_login(member)
    for url in ("/", "/cases/", "/cases/?state=released", f"/cases/{due.pk}/", "/api/cases/", f"/api/cases/{due.pk}/"):
        answer = client.get(url)
        text = answer.content.decode() + str(answer.headers)
        assert answer.status_code in (200, 404), url
        assert "stopped" not in text
        assert "wrong" not in text
    assert Case.objects.filter(pk=due.pk, actual_release_date=None).exists()


# --- Refusals ---------------------------------------------------------------------------------------------------------


def test_a_technician_reads_who_stopped_releases_and_why(client, technician, member, stopped):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    answer = client.post(f"/cases/{case.pk}/complete/", {"release_option": "now"})
    assert answer.status_code == 409
    assert "ada stopped them on Jun 11, 2025, 12:00 PM" in answer.content.decode()
    assert Case.objects.get().status == "accepted"
    assert client.post(f"/cases/{case.pk}/complete/", {"release_option": "schedule"}).status_code == 302


def test_the_api_says_it(technician, member, stopped):
    case = CaseFactory(member=member, assigned_to=technician)
    client = APIClient()
    client.force_authenticate(technician)
    answer = client.post(f"/api/cases/{case.pk}/release/", {"release_option": "now"}, format="json")
    assert answer.status_code == 409
    assert "All releases are stopped." in answer.json()["detail"]


def test_the_django_admin_says_it(admin, member, stopped):
    case = CaseFactory(scheduled=True, member=member)
    fields = {
        "action": "release_early",
        "_selected_action": case.pk,
        "confirmed": "yes",
        "reason": "They need it.",
        f"version_{case.pk}": case.version,
    }
    answer = admin.post(reverse("admin:cases_case_changelist"), fields, follow=True)
    assert "ada stopped them" in answer.content.decode()
    assert Case.objects.filter(pk=case.pk, actual_release_date=None).exists()


# --- Operators --------------------------------------------------------------------------------------------------------


def gauges(client) -> dict[str, float]:
    text = client.get("/metrics").content.decode()
    families = text_string_to_metric_families(text)
    return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


def test_operators_read_what_waits_and_not_that_it_is_late(admin, member, clock, stopped):
    Heartbeat.objects.create(name="sweep", at=FROZEN + HOUR, host="here")
    CaseFactory.create_batch(2, due=True, member=member)
    clock.shift(HOUR)
    page = read(admin, "/operations/")
    assert "All releases are stopped. 2 cases are waiting." in page
    assert "overdue" not in page
    assert "overdue" not in read(admin, "/")


def test_the_metrics_tell_for_how_long(client, administrator, member, clock):
    CaseFactory.create_batch(2, due=True, member=member)
    told = gauges(client)
    assert (told["portal_releases_stopped_seconds"], told["portal_cases_due"]) == (0, 2)
    releases.stop_releases(by=administrator, source="web", reason=REASON)
    clock.shift(HOUR)
    told = gauges(client)
    assert told["portal_releases_stopped_seconds"] == 3600
    assert (told["portal_cases_due"], told["portal_cases_held_by_stop"]) == (0, 2)
