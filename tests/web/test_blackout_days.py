"""Closed days on pages: blackout days for administrators, pickers, the calendar, the settings page."""

import datetime as dt
import html
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import BlackoutDay, BulkRow, Case, PortalEvent
from cases.releases import blackout_days
from tests.factories import CaseFactory, UserFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about pages: tests/unit/releases has the verbs on both"),
]

DAY = dt.timedelta(days=1)
JUNE_24 = dt.date(2025, 6, 24)  # a Tuesday


@pytest.fixture(autouse=True)
def _today_is_june_11(clock):
    pass


@pytest.fixture
def ada(client, administrator):
    client.force_login(administrator)
    return client


@pytest.fixture
def closed(administrator):
    return blackout_days.add(date=JUNE_24, name="Office move", by=administrator, source="web")


def scheduled(member, technician, **options):
    return CaseFactory(scheduled=True, member=member, assigned_to=technician, scheduled_release_date=JUNE_24, **options)


def text_of(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


# --- The page -------------------------------------------------------------------------------------------------------


def test_it_shows_who_is_affected_before_the_day_is_added(ada, member, technician):
    case = scheduled(member, technician, title="Pension")
    page = text_of(ada, f"/blackout-days/new/?date={JUNE_24}")
    assert "Tuesday, June 24, 2025" in page
    assert "1 case is scheduled for this day." in page
    assert f'href="/cases/{case.pk}/"' in page
    assert "/calendar/?view=day&amp;whose=all&amp;date=2025-06-24" in page
    assert not BlackoutDay.objects.exists()
    answer = ada.post("/blackout-days/new/", {"date": "2025-06-24", "name": "Office move"}, follow=True)
    assert answer.redirect_chain == [("/blackout-days/", 302)]
    shown = answer.content.decode()
    assert "June 24, 2025 is now a blackout day." in shown
    assert "1 case still scheduled" in shown
    assert "Blackout day added" in shown
    case.refresh_from_db()
    assert case.scheduled_release_date == JUNE_24


def test_one_button_leads_to_the_move_of_all_cases_that_a_day_affects(ada, member, technician, closed):
    """With the form filled in: to the next working day, keeping the time of each."""
    affected = {scheduled(member, technician, scheduled_release_time=time) for time in (None, dt.time(9, 30))}
    CaseFactory(scheduled=True, member=member, assigned_to=technician, scheduled_release_date=JUNE_24 + DAY)
    addresses = {
        html.unescape(re.search(r'href="(/bulk/new/[^"]*)"', text_of(ada, url))[1])
        for url in ("/blackout-days/", f"/blackout-days/new/?date={JUNE_24}")
    }
    (address,) = addresses
    form = ada.get(address)
    page = form.content.decode()
    assert "2 cases selected." in page
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html.unescape(page)))
    sent |= {"days": 1, "unit": "working", "direction": "later", "reason": "We move."}
    assert form.context["form"].initial == {"days": "1", "unit": "working", "direction": "later"}
    answer = ada.post("/bulk/new/", sent, follow=True)
    assert answer.status_code == 200
    rows = BulkRow.objects.all()
    assert {(row.case, row.to_date, row.to_time) for row in rows} == {
        (case, JUNE_24 + DAY, case.scheduled_release_time) for case in affected
    }


def test_where_nothing_is_affected_nothing_is_moved(ada, closed):
    assert "/bulk/new/" not in text_of(ada, "/blackout-days/")
    assert "/bulk/new/" not in text_of(ada, f"/blackout-days/new/?date={JUNE_24}")


def test_cases_are_moved_once_the_day_is_closed(ada, member, technician, settings):
    """Otherwise, others could choose it again."""
    scheduled(member, technician)
    page = text_of(ada, f"/blackout-days/new/?date={JUNE_24}")
    assert "/bulk/new/" not in page
    assert "After you add it, you can move the affected cases in one step." in page
    settings.RELEASE_ON_WEEKENDS = False
    CaseFactory(scheduled=True, scheduled_release_date=dt.date(2025, 6, 21))
    assert "/bulk/new/" in text_of(ada, "/blackout-days/new/?date=2025-06-21")


def test_a_day_is_removed(ada, closed):
    answer = ada.post("/blackout-days/remove/", {"date": "2025-06-24"}, follow=True)
    assert "June 24, 2025 is no longer a blackout day." in answer.content.decode()
    assert not BlackoutDay.objects.exists()
    ada.force_login(UserFactory(role="administrator"))
    again = ada.post("/blackout-days/remove/", {"date": "2025-06-24"})
    assert again.status_code == 409
    assert "This day isn&#x27;t a blackout day anymore." in again.content.decode()


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"date": "2025-06-24", "name": ""}, 400, "Enter a name."),
        ({"date": "2025-06-24", "name": "x" * 61}, 400, "60"),
        ({"date": "soon", "name": "x"}, 400, "Enter the date as year-month-day"),
        ({"date": "", "name": "x"}, 400, "Enter a date."),
        ({"date": "2025-06-10", "name": "x"}, 400, "This date is in the past."),
        ({"date": "2225-06-10", "name": "x"}, 400, "This date is too far away."),
        ({"date": ["2025-06-24", "2025-06-25"], "name": "x"}, 400, "sent more than once"),
    ],
)
def test_what_cannot_be_added_is_explained(ada, data, status, said):
    answer = ada.post("/blackout-days/new/", data)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert not BlackoutDay.objects.exists()


def test_a_day_that_is_one_already(ada, closed):
    page = text_of(ada, f"/blackout-days/new/?date={JUNE_24}")
    assert "This is already a blackout day: Office move." in page
    assert "New blackout day" not in page
    assert "Add blackout day" not in page
    answer = ada.post("/blackout-days/new/", {"date": "2025-06-24", "name": "Again"})
    assert answer.status_code == 409
    assert BlackoutDay.objects.get().name == "Office move"


def test_a_day_that_the_settings_close(ada, settings):
    settings.RELEASE_ON_WEEKENDS = False
    assert "The portal settings already close this day: Weekend." in text_of(ada, "/blackout-days/new/?date=2025-06-21")
    settings.RELEASE_HOLIDAYS = "US-TX"
    page = text_of(ada, "/blackout-days/")
    assert "Saturdays and Sundays" in page
    assert "Public holidays of US-TX" in page
    assert "Labor Day" in page


def test_off_by_default_it_speaks_of_blackout_days_alone(ada):
    page = text_of(ada, "/blackout-days/")
    assert "No blackout days." in page
    assert "Closed by the portal settings" not in page


@pytest.mark.parametrize("count", [50, 51])
def test_the_preview_is_bounded(ada, member, technician, count):
    for _ in range(count):
        scheduled(member, technician)
    with CaptureQueriesContext(connection) as queries:
        page = text_of(ada, f"/blackout-days/new/?date={JUNE_24}")
    assert len(queries) <= 9
    assert f"{count} cases are scheduled for this day." in page
    assert len(re.findall(r'class="case-row"', page)) == 50
    assert ("Showing the first 50." in page) == (count > 50)


def test_the_list_takes_as_many_queries_for_many_days(ada, administrator, member, technician):
    scheduled(member, technician)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            text_of(ada, "/blackout-days/")
        return len(queries)

    blackout_days.add(date=JUNE_24, name="Office move", by=administrator, source="web")
    one = cost()
    for number in range(1, 40):
        blackout_days.add(date=JUNE_24 + number * DAY, name=f"Day {number}", by=administrator, source="web")
    assert cost() == one <= 9
    assert "Day 39" in text_of(ada, "/blackout-days/?page=2")


def test_the_history_is_kept_for_ever(ada, closed):
    ada.post("/blackout-days/remove/", {"date": "2025-06-24"})
    kinds = [event.kind for event in PortalEvent.objects.order_by("pk")]
    assert kinds == ["blackout_day_added", "blackout_day_removed"]


# --- Pickers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["accepted", "scheduled", "held"])
@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_pickers_name_the_closed_days(client, request, who, state, member, technician, closed, settings):
    settings.RELEASE_ON_WEEKENDS = False
    settings.RELEASE_HOLIDAYS = "US"
    case = CaseFactory(member=member, assigned_to=technician, **({} if state == "accepted" else {state: True}))
    client.force_login(request.getfixturevalue(who))
    page = text_of(client, f"/cases/{case.pk}/")
    assert "No releases: weekends; " in page
    assert "Jun 24 (Office move); Jul 4 (Independence Day)" in page
    picker = re.search(r'<input[^>]*name="release_date"[^>]*>', page).group()
    rules = json.loads(re.search(r'data-closed="(.*?)"', picker).group(1).replace("&quot;", '"').replace("&#x27;", "'"))
    assert rules["weekends"] is True
    assert rules["days"]["2025-06-24"] == "Office move"
    assert rules["days"]["2025-12-25"] == "Christmas Day"
    assert "release_days.js" in page


def test_the_calendars_move_names_them_too(client, technician, member, closed):
    case = scheduled(member, technician)
    client.force_login(technician)
    page = text_of(client, f"/calendar/{case.pk}/move/")
    assert "No releases: Jun 24 (Office move)." in page
    assert "data-closed=" in page
    answer = client.post(f"/calendar/{case.pk}/move/", {"release_date": "2025-06-24", "version": case.version})
    assert answer.status_code == 400
    said = "There are no releases on June 24, 2025: Office move. The next available date is Wednesday, June 25, 2025."
    assert said in answer.content.decode()


def test_the_picker_begins_and_the_proposal_falls_on_open_days(client, technician, member, clock, settings):
    settings.RELEASE_ON_WEEKENDS = False
    clock.move_to(dt.datetime(2025, 6, 14, 12, tzinfo=dt.UTC))  # a Saturday
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    page = text_of(client, f"/cases/{case.pk}/")
    assert 'min="2025-06-23"' in page
    assert 'data-default="2025-06-23"' in page
    client.post(f"/cases/{case.pk}/complete/", {"release_option": "schedule"})
    assert Case.objects.get().scheduled_release_date == dt.date(2025, 6, 23)


def test_off_by_default_nothing_of_it_is_seen(client, technician, member):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    for url in (f"/cases/{case.pk}/", "/calendar/"):
        page = text_of(client, url)
        assert "No releases:" not in page
        assert "data-closed" not in page
        assert "cal-closed" not in page
        assert "Blackout" not in page


# --- The calendar and the settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["month", "week"])
def test_the_calendar_shows_closed_days_with_their_name(client, technician, member, closed, settings, view):
    settings.RELEASE_ON_WEEKENDS = False
    client.force_login(technician)
    page = text_of(client, f"/calendar/?view={view}&date=2025-06-24")
    cell = page[page.index('data-date="2025-06-24"') :].split("</li>")[0]
    assert "Office move" in cell
    assert re.search(r'class="cal-day[^"]* cal-closed[^"]*" data-date="2025-06-28"', page)
    assert "No releases" in page


def test_the_list_of_a_closed_day_says_so(client, technician, administrator, member, closed):
    scheduled(member, technician)
    client.force_login(technician)
    page = text_of(client, "/calendar/?view=day&date=2025-06-24")
    assert "There are no releases on June 24, 2025: Office move." in page
    assert "These cases were scheduled before and keep their date." in page
    assert "Make this a blackout day" not in page
    client.force_login(administrator)
    assert "Make this a blackout day" not in text_of(client, "/calendar/?view=day&date=2025-06-24")
    assert "/blackout-days/new/?date=2025-06-25" in text_of(client, "/calendar/?view=day&date=2025-06-25")
    assert "/blackout-days/new/" not in text_of(client, "/calendar/?view=day&date=2025-06-10")


def test_holidays_are_named_in_the_readers_language(client, technician, settings):
    settings.RELEASE_HOLIDAYS = "ES"
    technician.language = "es"
    technician.save()
    client.force_login(technician)
    assert "Asunción de la Virgen" in text_of(client, "/calendar/?date=2025-08-15")


def test_the_settings_page_says_which_years_have_no_data(client, administrator, settings, clock):
    clock.move_to(dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC))
    client.force_login(administrator)
    settings.RELEASE_HOLIDAYS = "US-TX"
    assert "No public holidays are known" not in text_of(client, "/portal-settings/")
    settings.RELEASE_HOLIDAYS = "LK"
    for url in ("/portal-settings/", "/blackout-days/"):
        assert "No public holidays are known for 2027." in text_of(client, url)
