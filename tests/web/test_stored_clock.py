"""If the settings name a different clock than the database, pages open, but nothing is released or scheduled."""

import datetime as dt

import pytest
import structlog
from django.urls import reverse
from rest_framework.test import APIClient

from cases.models import Case
from tests.factories import CaseFactory
from tests.stored_clock import store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _of_chicago(clock):
    store("America/Chicago", dt.time(0))


def unreleased(case: Case) -> bool:
    return Case.objects.filter(pk=case.pk, actual_release_date=None).exists()


@pytest.mark.parametrize("page", ["dashboard", "case_list"])
def test_a_members_pages_are_served_and_the_refusal_is_logged(client, member, page):
    case = CaseFactory(due=True, member=member)
    client.force_login(member)
    with structlog.testing.capture_logs() as logs:
        assert client.get(reverse(page)).status_code == 200
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["release on read failed"]
    assert unreleased(case)


def test_the_pages_of_staff_open(client, technician, administrator, member):
    case = CaseFactory(due=True, member=member, assigned_to=technician)
    for user in (technician, administrator):
        client.force_login(user)
        for path in (reverse("dashboard"), reverse("case_list"), reverse("calendar"), f"/cases/{case.pk}/"):
            assert client.get(path).status_code == 200, path
    assert unreleased(case)


def test_the_preview_of_a_due_case_promises_no_release(client, technician, member, settings):
    settings.RELEASE_MEMBER_VIEW = "in_progress"
    case = CaseFactory(due=True, member=member, assigned_to=technician)
    client.force_login(technician)
    page = client.get(reverse("preview_case", args=[case.pk])).content.decode()
    assert "This is what" in page
    assert "It will be released when" not in page


def test_the_page_of_a_due_case_says_what_it_waits_for(client, technician, member):
    case = CaseFactory(due=True, member=member, assigned_to=technician)
    client.force_login(technician)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "Releases and scheduling are paused until the settings are corrected" in page
    assert "within seconds" not in page
    refused = client.post(f"/cases/{case.pk}/complete/", {"release_option": "now"})
    assert refused.status_code == 409
    assert "can&#x27;t be released yet. Releases and scheduling are paused" in refused.content.decode()


@pytest.mark.parametrize("option", ["now", "schedule"])
def test_a_technician_reads_why(client, technician, member, option):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    answer = client.post(f"/cases/{case.pk}/complete/", {"release_option": option})
    assert answer.status_code == 503
    assert "manage.py change_time_zone" in answer.content.decode()
    assert Case.objects.get().status == "accepted"


@pytest.mark.parametrize("option", ["now", "schedule"])
def test_the_api_says_why(technician, member, option):
    case = CaseFactory(member=member, assigned_to=technician)
    client = APIClient()
    client.force_authenticate(technician)
    answer = client.post(f"/api/cases/{case.pk}/release/", {"release_option": option}, format="json")
    assert answer.status_code == 503
    assert "change_time_zone" in answer.json()["detail"]
    assert Case.objects.get().status == "accepted"


def test_the_admin_says_why(client, administrator, member):
    case = CaseFactory(scheduled=True, member=member)
    client.force_login(administrator)
    answer = client.post(
        reverse("admin:cases_case_changelist"),
        {
            "action": "release_early",
            "_selected_action": case.pk,
            "confirmed": "yes",
            "reason": "They need it.",
            f"version_{case.pk}": case.version,
        },
        follow=True,
    )
    assert "manage.py change_time_zone" in answer.content.decode()
    assert unreleased(case)


def test_the_calendar_says_why(client, administrator, member):
    case = CaseFactory(scheduled=True, member=member)
    client.force_login(administrator)
    answer = client.post(
        reverse("move_case", args=[case.pk]),
        {"release_date": "2025-07-01", "reason": "Later.", "version": case.version},
    )
    assert answer.status_code == 503
    assert "manage.py change_time_zone" in answer.content.decode()


def test_the_operations_page_and_the_metrics_say_it(client, administrator):
    client.force_login(administrator)
    assert "manage.py change_time_zone" in client.get(reverse("operations")).content.decode()
    assert "portal_clock_differs 1.0" in client.get("/metrics").content.decode()
    store("UTC", dt.time(0))
    assert "change_time_zone" not in client.get(reverse("operations")).content.decode()
    assert "portal_clock_differs 0.0" in client.get("/metrics").content.decode()
