"""/calendar/: who sees what, and moving a case to another day."""

import datetime as dt
import re
from urllib.parse import quote

import pytest

from cases import releases
from cases.core.schedule import Schedule
from cases.models import CaseEvent
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

JUNE_18 = dt.date(2025, 6, 18)


@pytest.fixture(autouse=True)
def _today_is_june_11(clock):
    pass


@pytest.fixture
def case(member, technician):
    return CaseFactory(
        scheduled=True,
        member=member,
        assigned_to=technician,
        title="Pension",
        scheduled_release_date=JUNE_18,
        scheduled_release_time=dt.time(9, 30),
    )


def text_of(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def move(client, case, query="view=month&date=2025-06-11", **data):
    case.refresh_from_db()
    data = {"release_date": "2025-06-20", "version": case.version, **data}
    return client.post(f"/calendar/{case.pk}/move/?{query}", {key: value for key, value in data.items() if value != ""})


def assert_not_moved(case):
    revision = case.schedule_revision
    case.refresh_from_db()
    assert (case.scheduled_release_date, case.schedule_revision) == (JUNE_18, revision)
    assert not CaseEvent.objects.filter(kind="rescheduled").exists()


# --- what is shown --------------------------------------------------------------------------------------------------


def test_technicians_see_their_own_cases_unless_they_ask_for_others(client, technician, other_technician, case):
    client.force_login(other_technician)
    assert "Pension" not in text_of(client, "/calendar/")
    assert "Pension" in text_of(client, "/calendar/?whose=all")
    assert "Pension" in text_of(client, f"/calendar/?whose={technician.pk}")
    client.force_login(technician)
    assert "Pension" in text_of(client, "/calendar/")
    assert "Pension" not in text_of(client, f"/calendar/?whose={other_technician.pk}")


def test_administrators_see_everybodys(client, administrator, case):
    client.force_login(administrator)
    assert "Pension" in text_of(client, "/calendar/")
    assert "Pension" not in text_of(client, f"/calendar/?whose={administrator.pk}")


@pytest.mark.parametrize("view", ["month", "week", "day"])
@pytest.mark.parametrize("person", ["technician", "administrator"])
def test_drafts_and_what_has_no_date_are_in_no_view(client, request, member, technician, view, person):
    for trait in ("draft", "submitted", "held"):
        CaseFactory(member=member, title=f"A {trait} case", **{trait: True})
    CaseFactory(member=member, assigned_to=technician, title="An accepted case")
    client.force_login(request.getfixturevalue(person))
    page = text_of(client, f"/calendar/?view={view}&whose=all")
    assert not re.findall(r"A \w+ case|An accepted case", page)


@pytest.mark.parametrize("view", ["month", "week", "day"])
def test_each_view_links_to_the_case_and_to_its_move(client, technician, case, view):
    client.force_login(technician)
    page = text_of(client, f"/calendar/?view={view}&date=2025-06-18")
    assert f'href="/cases/{case.pk}/"' in page
    assert f'href="/calendar/{case.pk}/move/?view={view}&amp;date=2025-06-18' in page
    assert "9:30 AM" in page


def test_what_was_released_stands_there_and_cannot_be_moved(client, technician):
    case = CaseFactory(released=True, assigned_to=technician, title="Gone out")
    client.force_login(technician)
    for url in ["/calendar/", "/calendar/?view=week", "/calendar/?view=day&kind=released"]:
        page = text_of(client, url)
        assert "Gone out" in page
        assert f"/calendar/{case.pk}/move/" not in page
    assert "Gone out" not in text_of(client, "/calendar/?view=day")


def test_a_colleague_sees_it_and_is_not_offered_to_move_it(client, other_technician, case):
    client.force_login(other_technician)
    page = text_of(client, "/calendar/?whose=all")
    assert "Pension" in page
    assert "/move/" not in page


def test_a_full_day_links_to_its_list_which_is_paged(client, technician):
    CaseFactory.create_batch(30, scheduled=True, assigned_to=technician, scheduled_release_date=JUNE_18)
    client.force_login(technician)
    page = text_of(client, "/calendar/")
    assert page.count('class="cal-name"') == 3
    url = re.search(r'class="cal-more" href="([^"]+)">\+27 more', page).group(1).replace("&amp;", "&")
    first = text_of(client, url)
    assert first.count('class="cal-name"') == 25
    assert ">+5 more<" in first
    next_url = re.search(r'rel="next" href="(\?[^"]+page=2)"', first).group(1).replace("&amp;", "&")
    assert text_of(client, "/calendar/" + next_url).count('class="cal-name"') == 5


def test_the_address_says_what_is_shown_so_that_it_can_be_shared(client, technician, administrator, case):
    client.force_login(technician)
    links = re.findall(r'href="(/calendar/\?[^"#]+)', text_of(client, "/calendar/?view=week&date=2025-06-18"))
    assert all(f"whose={technician.pk}" in link for link in links)
    shared = f"/calendar/?view=week&date=2025-06-18&whose={technician.pk}"
    assert shared in [link.replace("&amp;", "&") for link in links]
    client.force_login(administrator)
    assert "Pension" in text_of(client, shared)


def test_forth_and_back_is_where_one_was(client, technician):
    client.force_login(technician)
    for view in ("month", "week", "day"):
        page = text_of(client, f"/calendar/?view={view}&date=2024-02-29")
        forth = re.search(r'rel="next" href="([^"]+)"', page).group(1).replace("&amp;", "&")
        back = re.search(r'rel="prev" href="([^"]+)"', text_of(client, forth)).group(1).replace("&amp;", "&")
        title = re.search(r"<h1[^>]*>([^<]+)<", page).group(1)
        assert re.search(r"<h1[^>]*>([^<]+)<", text_of(client, back)).group(1) == title


@pytest.mark.parametrize("date", ["1900-01-01", "8999-12-31"])
@pytest.mark.parametrize("view", ["month", "week", "day"])
def test_the_ends_of_the_calendar_are_pages_like_others(client, technician, view, date):
    client.force_login(technician)
    page = text_of(client, f"/calendar/?view={view}&date={date}")
    assert page.count('rel="prev"') + page.count('rel="next"') == 1


@pytest.mark.parametrize(
    "query",
    ["date=31.3.2026", "date=0001-01-01", "date=9999-12-31", "view=year", "whose=999999", "whose=x", "kind=secret"],
)
def test_an_address_that_cannot_be_read_says_so_and_shows_the_present_month(client, technician, query):
    client.force_login(technician)
    page = text_of(client, f"/calendar/?{query}", status=400)
    assert 'role="alert"' in page
    assert "June 2025" in page


def test_an_empty_month_says_so(client, technician):
    client.force_login(technician)
    assert "No releases this month." in text_of(client, "/calendar/")
    assert "Nothing is scheduled for this day" in text_of(client, "/calendar/?view=day&date=2025-07-01")
    assert "Nothing was released on this day" in text_of(client, "/calendar/?view=day&date=2025-05-01")


# --- moving ---------------------------------------------------------------------------------------------------------


def test_a_technician_moves_a_case_and_its_time_of_day_stays(client, technician, case):
    client.force_login(technician)
    answer = move(client, case, query="view=week&date=2025-06-18&whose=all")
    assert (answer.status_code, answer.url) == (302, "/calendar/?view=week&date=2025-06-18&whose=all")
    case.refresh_from_db()
    assert (case.scheduled_release_date, case.scheduled_release_time) == (dt.date(2025, 6, 20), dt.time(9, 30))
    event = CaseEvent.objects.get(kind="rescheduled")
    assert (event.actor, event.source) == (technician, "web")
    assert "Moved to June 20, 2025, 9:30 AM." in text_of(client, answer.url)


def test_a_move_is_undone_from_its_toast(client, technician, administrator, case):
    for person, reason in ((technician, ""), (administrator, "The member asked")):
        client.force_login(person)
        page = text_of(client, move(client, case, query="view=week&date=2025-06-18", reason=reason).url)
        toast = re.search(
            r'<div class="toasts".*?</div>\s*</div>|<div class="toasts".*?</form>', page, re.DOTALL
        ).group(0)
        url = re.search(r'action="([^"]+)"', toast).group(1).replace("&amp;", "&")
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', toast))
        assert client.post(url, fields).status_code == 302
        case.refresh_from_db()
        assert (case.scheduled_release_date, case.scheduled_release_time) == (JUNE_18, dt.time(9, 30))
    assert CaseEvent.objects.filter(kind="rescheduled").latest("pk").reason == "Undone"


def test_a_day_that_a_technician_may_not_choose_is_not_offered_again(client, technician, case):
    case.scheduled_release_date = dt.date(2025, 6, 13)
    case.save()
    client.force_login(technician)
    page = text_of(client, move(client, case).url)
    assert "Moved to June 20, 2025, 9:30 AM." in page
    assert ">Undo<" not in re.search(r'<div class="toasts".*?</div>', page, re.DOTALL).group(0)


def test_an_administrator_says_why(client, administrator, case):
    client.force_login(administrator)
    answer = move(client, case, release_date="2025-06-12")
    assert answer.status_code == 400
    assert "Enter a reason" in answer.content.decode()
    assert 'value="2025-06-12"' in answer.content.decode()
    assert_not_moved(case)
    assert move(client, case, release_date="2025-06-12", reason="The member asked").status_code == 302
    assert CaseEvent.objects.get(kind="rescheduled").reason == "The member asked"


@pytest.mark.parametrize(
    ("date", "sentence"),
    [
        ("2025-06-10", "The earliest date is June 18, 2025: 7 days from today."),
        ("2025-06-17", "The earliest date is June 18, 2025: 7 days from today."),
        ("2026-06-12", "The latest date is June 11, 2026."),
        ("", "Enter a new release date."),
        ("20.6.2025", "Enter the date as year-month-day"),
        ("9999-12-31", "This date is too far away."),
    ],
)
def test_a_day_that_is_refused_moves_nothing_and_says_why(client, technician, case, date, sentence):
    client.force_login(technician)
    answer = move(client, case, release_date=date, reason="Holidays")
    assert answer.status_code == 400
    page = answer.content.decode()
    assert sentence in page
    assert "Holidays</textarea>" in page
    assert_not_moved(case)


def test_a_stale_move_moves_nothing_and_shows_the_case_as_it_is(client, technician, administrator, case):
    client.force_login(technician)
    seen = case.version
    new = Schedule(dt.date(2025, 7, 1), dt.time(14))
    releases.schedule(case=case, by=administrator, source="web", release_on=new, reason="later")
    answer = move(client, case, version=seen, reason="Mine")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Someone changed this case after you opened it." in page
    assert "July 1, 2025, 2:00 PM" in page
    assert 'value="2025-06-20"' in page
    assert "Mine</textarea>" in page
    case.refresh_from_db()
    assert case.scheduled_release_date == dt.date(2025, 7, 1)
    assert move(client, case).status_code == 302


def test_a_move_needs_the_version_that_was_seen(client, technician, case):
    client.force_login(technician)
    answer = move(client, case, version="")
    assert answer.status_code == 400
    assert "Open the case in the calendar" in answer.content.decode()
    assert_not_moved(case)


def test_a_released_case_is_not_moved(client, technician, case):
    client.force_login(technician)
    releases.release_due(by="test", source="sweep", now=dt.datetime(2025, 6, 19, tzinfo=dt.UTC))
    answer = move(client, case)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "This case has already been released." in page
    assert 'name="release_date"' not in page


def test_a_colleague_may_not_move_it(client, other_technician, case):
    client.force_login(other_technician)
    assert move(client, case).status_code == 403
    assert_not_moved(case)


def test_the_form_proposes_the_day_that_it_was_asked_for(client, technician, case):
    client.force_login(technician)
    page = text_of(client, f"/calendar/{case.pk}/move/?to=2025-06-25&view=week")
    assert 'value="2025-06-25"' in page
    assert 'min="2025-06-18"' in page
    assert f'href="/calendar/?view=week&amp;date=2025-06-11&amp;whose={technician.pk}"' in page


@pytest.mark.parametrize("back", ["view=//evil.example", "date=x%0d%0aSet-Cookie:a=b", "whose=https://evil.example"])
def test_a_move_returns_to_the_calendar_and_nowhere_else(client, technician, case, back):
    client.force_login(technician)
    answer = move(client, case, query=back)
    assert answer.url == f"/calendar/?view=month&date=2025-06-11&whose={technician.pk}"


def test_a_drag_after_the_session_has_ended_leads_back_to_the_days_that_it_was_in(case, client, technician):
    client.force_login(technician)
    client.logout()
    answer = move(client, case, "view=week&date=2025-06-18", release_date="2025-06-20")
    assert answer.url.endswith("?next=" + quote("/calendar/?view=week&date=2025-06-18", safe="/"))
