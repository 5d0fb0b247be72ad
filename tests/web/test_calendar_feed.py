"""The feed's secret address: created, replaced, turned off, and read by calendar programs."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from cases.accounts import people
from cases.lifecycle.locking import lock_people
from cases.models import CalendarFeed
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def new_address(client):
    page = client.post("/calendar/feed/", {"action": "new"}, follow=True).content.decode()
    return re.search(r'value="http://[^/]+(/calendar/[\w-]+\.ics)"', page).group(1)


def test_a_person_makes_an_address_and_a_program_reads_it(client, technician):
    case = CaseFactory(scheduled=True, assigned_to=technician)
    client.force_login(technician)
    answer = Client().get(new_address(client))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "sessionid" not in answer.cookies
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert case.external_case_id in event["summary"]


def test_it_is_shown_once_and_never_kept_by_the_browser(client, technician):
    client.force_login(technician)
    answer = client.post("/calendar/feed/", {"action": "new"}, follow=True)
    page = answer.content.decode()
    assert re.search(r'href="webcal://[^/]+(/calendar/[\w-]+\.ics)"', page).group(1) in page.replace("webcal", "")
    assert client.get("/calendar/feed/").url == "/calendar/"
    assert "no-store" in answer.headers["Cache-Control"]
    assert ".ics" not in client.get("/calendar/").content.decode()
    assert "Your feed is on" in client.get("/calendar/").content.decode()


def test_a_new_address_ends_the_former_one_and_off_ends_all(client, technician):
    client.force_login(technician)
    former = new_address(client)
    new = new_address(client)
    assert (Client().get(former).status_code, Client().get(new).status_code) == (404, 200)
    assert client.post("/calendar/feed/", {"action": "off"}).url == "/calendar/"
    assert Client().get(new).status_code == 404
    assert "Calendar feed turned off." in client.get("/calendar/").content.decode()


def test_a_session_that_ends_at_this_moment_makes_none(client, technician, administrator, monkeypatch):
    def ended_meanwhile(*locked):
        people.change_role(person=technician, by=administrator, role="member")
        return lock_people(*locked)

    client.force_login(technician)
    monkeypatch.setattr("cases.accounts.calendar_feed.lock_people", ended_meanwhile)
    assert client.post("/calendar/feed/", {"action": "new"}).url == "/"
    assert not CalendarFeed.objects.exists()


def test_it_ends_when_the_person_is_deactivated(client, technician):
    client.force_login(technician)
    address = new_address(client)
    technician.is_active = False
    technician.save()
    assert Client().get(address).status_code == 404


def test_reading_it_changes_nothing_and_costs_the_same_for_many(client, technician):
    client.force_login(technician)
    address = new_address(client)

    def statements():
        with CaptureQueriesContext(connection) as queries:
            assert Client().get(address).status_code == 200
        return [query["sql"].split()[0] for query in queries.captured_queries]

    CaseFactory(scheduled=True, assigned_to=technician)
    few = statements()
    CaseFactory.create_batch(20, scheduled=True, assigned_to=technician)
    CaseFactory.create_batch(20, released=True, assigned_to=technician)
    asks_for_the_time = connection.vendor == "postgresql"  # SQLite's clock is this process's
    assert statements() == few == ["SELECT"] * (3 + asks_for_the_time)


@pytest.mark.parametrize("action", ["", "delete", "NEW"])
def test_an_unknown_action_changes_nothing(client, technician, action):
    client.force_login(technician)
    address = new_address(client)
    assert client.post("/calendar/feed/", {"action": action}).status_code == 400
    assert Client().get(address).status_code == 200


def test_a_get_makes_nothing(client, technician):
    client.force_login(technician)
    assert client.get("/calendar/feed/", {"action": "new"}).url == "/calendar/"
    assert not CalendarFeed.objects.exists()


def test_members_have_none(client, member):
    client.force_login(member)
    assert client.post("/calendar/feed/", {"action": "new"}).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_the_forms_need_the_csrf_token(technician):
    client = Client(enforce_csrf_checks=True)
    client.force_login(technician)
    assert client.post("/calendar/feed/", {"action": "new"}).status_code == 403
    case = CaseFactory(scheduled=True, assigned_to=technician)
    assert client.post(f"/calendar/{case.pk}/move/", {"release_date": "2099-01-01"}).status_code == 403
