"""The product owner's dialog, from outside: POST /cases/<id>/complete/ and the other buttons of a case."""

import datetime as dt

import pytest

from cases.models import Case, CaseEvent, OutgoingEmail
from tests.factories import CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database("is about pages: tests/unit/releases has the verbs on both"),
]


@pytest.fixture
def case(member, technician):
    return CaseFactory(member=member, assigned_to=technician)


def complete(client, case, **data):
    return client.post(f"/cases/{case.pk}/complete/", data)


@pytest.mark.usefixtures("features")
def test_release_now_shows_the_case_at_once(case, client, technician, member, clock):
    client.force_login(technician)
    answer = complete(client, case, release_option="now")
    assert (answer.status_code, answer.url) == (302, f"/cases/{case.pk}/")
    case.refresh_from_db()
    assert (case.status, case.actual_release_date) == ("completed", clock_now())
    client.force_login(member)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "This case was released on:" in page
    assert "June 11, 2025</strong>" in page.replace(" at 12:00 PM", "")


@pytest.mark.usefixtures("features")
def test_schedule_hides_the_case_and_tells_staff_when(case, client, technician, member, clock):
    client.force_login(technician)
    assert complete(client, case, release_option="schedule", release_date="2025-06-18").status_code == 302
    case.refresh_from_db()
    assert (case.scheduled_release_date, case.scheduled_release_time) == (dt.date(2025, 6, 18), None)
    assert case.actual_release_date is None
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "This case is scheduled to be released on:" in page
    assert "June 18, 2025 at 12:00 AM" in page
    client.force_login(member)
    assert client.get(f"/cases/{case.pk}/").status_code == 404
    assert case.external_case_id not in client.get("/").content.decode()


@pytest.mark.usefixtures("features")
def test_schedule_without_a_date_is_the_default_date(case, client, technician, clock):
    client.force_login(technician)
    complete(client, case, release_option="schedule", release_date="")
    case.refresh_from_db()
    assert case.scheduled_release_date == dt.date(2025, 6, 18)


@pytest.mark.usefixtures("features")
def test_a_time_is_kept(case, client, technician, clock):
    client.force_login(technician)
    complete(client, case, release_option="schedule", release_date="2025-06-20", release_time="09:30")
    case.refresh_from_db()
    assert case.scheduled_release_time == dt.time(9, 30)


BAD = {
    "no option": {},
    "unknown option": {"release_option": "tomorrow"},
    "capital option": {"release_option": "NOW"},
    "unreadable date": {"release_option": "schedule", "release_date": "18.06.2025"},
    "impossible date": {"release_option": "schedule", "release_date": "2025-02-30"},
    "unreadable time": {"release_option": "schedule", "release_date": "2025-06-20", "release_time": "25:00"},
    "bad date though now": {"release_option": "now", "release_date": "soon"},
    "below the minimum": {"release_option": "schedule", "release_date": "2025-06-17"},
    "past": {"release_option": "schedule", "release_date": "2025-06-01"},
    "above the maximum": {"release_option": "schedule", "release_date": "2026-06-12"},
    "end of the calendar": {"release_option": "schedule", "release_date": "9999-12-31", "release_time": "23:59"},
    "now and tomorrow": {"release_option": "now", "release_date": "2025-06-12"},
    "now and tonight": {"release_option": "now", "release_date": "2025-06-11", "release_time": "23:00"},
    "now and schedule": {"release_option": ["now", "schedule"]},
    "now twice": {"release_option": ["now", "now"]},
    "two dates": {"release_option": "schedule", "release_date": ["2025-06-20", "2025-06-21"]},
    "two times": {"release_option": "schedule", "release_time": ["09:00", "09:00"]},
    "two reasons": {"release_option": "now", "reason": ["this", "that"]},
    "unreadable version": {"release_option": "now", "version": "x"},
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_bad_input_is_refused_whole_and_nothing_typed_is_lost(data, case, client, technician, clock):
    client.force_login(technician)
    answer = complete(client, case, **data)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "data-open-now" in page
    assert "field-error" in page or 'role="alert"' in page
    if isinstance(data.get("release_date"), str):
        assert f'value="{data["release_date"]}"' in page
    case.refresh_from_db()
    assert case.status == "accepted"
    assert not CaseEvent.objects.exists()


def test_an_administrator_gives_a_reason_for_an_early_date(case, client, administrator, clock):
    client.force_login(administrator)
    data = {"release_option": "schedule", "release_date": "2025-06-12"}
    refused = complete(client, case, **data)
    assert refused.status_code == 400
    assert "Enter a reason" in refused.content.decode()
    assert complete(client, case, **data, reason="Court date").status_code == 302
    assert CaseEvent.objects.get(kind="completed").reason == "Court date"


def test_a_stale_form_is_told_so(case, client, technician, clock):
    Case.objects.filter(pk=case.pk).update(version=3)
    client.force_login(technician)
    answer = complete(client, case, release_option="now", version="2")
    assert answer.status_code == 409
    assert "Someone changed this case" in answer.content.decode()
    case.refresh_from_db()
    assert case.status == "accepted"


def test_a_second_click_releases_nothing_twice(case, client, technician, clock):
    client.force_login(technician)
    complete(client, case, release_option="now")
    assert complete(client, case, release_option="now").status_code == 302
    later = complete(client, case, release_option="schedule")
    assert later.status_code == 409
    assert "has already been released" in later.content.decode()
    assert CaseEvent.objects.filter(kind="released").count() == OutgoingEmail.objects.count() == 1


def test_reschedule_hold_schedule_return_and_release(case, client, technician, administrator, clock):
    client.force_login(technician)
    complete(client, case, release_option="schedule")
    assert client.post(f"/cases/{case.pk}/reschedule/", {"release_date": "2025-07-01"}).status_code == 302
    assert client.post(f"/cases/{case.pk}/reschedule/", {}).status_code == 400
    client.force_login(administrator)
    assert client.post(f"/cases/{case.pk}/hold/", {"reason": " "}).status_code == 400
    assert client.post(f"/cases/{case.pk}/hold/", {"reason": "Letter is missing"}).status_code == 302
    assert "No release date is set" in client.get(f"/cases/{case.pk}/").content.decode()
    client.force_login(technician)
    client.post(f"/cases/{case.pk}/reschedule/", {"release_date": "2025-07-02"})
    client.post(f"/cases/{case.pk}/return/", {"reason": "One figure"})
    complete(client, case, release_option="schedule")
    client.force_login(administrator)
    assert client.post(f"/cases/{case.pk}/release/", {"reason": "Urgent"}).status_code == 302
    kinds = list(CaseEvent.objects.order_by("pk").values_list("kind", "actor__username", "source"))
    assert kinds == [
        ("completed", "tom", "web"),
        ("rescheduled", "tom", "web"),
        ("held", "ada", "web"),
        ("scheduled", "tom", "web"),
        ("returned", "tom", "web"),
        ("completed", "tom", "web"),
        ("released", "ada", "web"),
    ]
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert "“Letter is missing”" in page


def test_a_member_drafts_and_submits_and_a_technician_accepts(client, member, technician, clock):
    client.force_login(member)
    created = client.post("/cases/new/", {"title": "Pension", "description": "How much?", "urgency": "normal"})
    case = Case.objects.get()
    assert created.url == f"/cases/{case.pk}/"
    client.post(f"/cases/{case.pk}/edit/", {"title": "My pension", "description": "How much?", "urgency": "urgent"})
    client.force_login(technician)
    assert client.get(f"/cases/{case.pk}/").status_code == 404
    client.force_login(member)
    client.post(f"/cases/{case.pk}/submit/")
    assert client.post(f"/cases/{case.pk}/edit/", {"title": "Another", "urgency": "normal"}).status_code == 409
    client.force_login(technician)
    assert client.post(f"/cases/{case.pk}/accept/").status_code == 302
    case.refresh_from_db()
    assert (case.status, case.assigned_to, case.title) == ("accepted", technician, "My pension")


def test_a_submitted_case_keeps_what_was_typed_for_copying(client, member):
    case = CaseFactory(submitted=True, member=member)
    client.force_login(member)
    typed = {"title": "Another", "description": "A long story", "urgency": "normal"}
    answer = client.post(f"/cases/{case.pk}/edit/", typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "You already submitted this case." in page
    assert "A long story</textarea>" in page
    assert "You already submitted this case." in client.post(f"/cases/{case.pk}/submit/").content.decode()


@pytest.mark.parametrize("view", ["in_progress", "announced"])
def test_a_refusal_tells_a_member_nothing_of_a_completion(view, client, member, settings):
    settings.RELEASE_MEMBER_VIEW = view
    client.force_login(member)
    told = []
    for case in [CaseFactory(member=member), CaseFactory(scheduled=True, member=member)]:
        page = client.post(f"/cases/{case.pk}/submit/").content.decode()
        told.append("This case is already in progress." in page)
        assert "completed" not in page.lower()
    assert told == [True, True]


def test_two_tabs_do_not_overwrite_each_other(client, member):
    case = CaseFactory(draft=True, member=member, title="Pension")
    client.force_login(member)
    seen = client.get(f"/cases/{case.pk}/edit/").context["form"]["version"].value()
    first = {"title": "First tab", "description": "One", "urgency": "normal", "version": seen}
    assert client.post(f"/cases/{case.pk}/edit/", first).status_code == 302

    second = first | {"title": "Second tab", "description": "Two"}
    answer = client.post(f"/cases/{case.pk}/edit/", second)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "A newer version of this draft was saved, for example in another tab." in page
    assert "First tab" in page
    assert 'value="Second tab"' in page
    case.refresh_from_db()
    assert case.title == "First tab"

    again = second | {"version": answer.context["form"]["version"].value()}
    assert client.post(f"/cases/{case.pk}/edit/", again).status_code == 302
    case.refresh_from_db()
    assert (case.title, case.description) == ("Second tab", "Two")


@pytest.mark.parametrize(("version", "status"), [("1", 409), ("x", 400), ("", 302), ("2", 302)])
def test_a_draft_that_changed_in_another_tab_is_not_submitted_unread(version, status, client, member):
    case = CaseFactory(draft=True, member=member, version=2)
    client.force_login(member)
    assert 'name="version" value="2"' in client.get(f"/cases/{case.pk}/").content.decode()
    answer = client.post(f"/cases/{case.pk}/submit/", {"version": version})
    assert answer.status_code == status
    case.refresh_from_db()
    assert (case.status == "submitted") == (status == 302)


def test_a_second_technician_reads_that_the_case_is_accepted_already(client, technician, other_technician):
    case = CaseFactory(assigned_to=technician)
    client.force_login(other_technician)
    answer = client.post(f"/cases/{case.pk}/accept/")
    assert answer.status_code == 409
    assert "This case has already been accepted." in answer.content.decode()


def test_whoever_schedules_reads_when_it_goes_out(case, client, technician, clock):
    client.force_login(technician)
    complete(client, case, release_option="schedule", release_date="2025-06-20", release_time="09:30")
    assert "Scheduled for release on June 20, 2025, 9:30 AM." in client.get(f"/cases/{case.pk}/").content.decode()


def test_an_administrator_accepts_for_a_technician(client, administrator, technician, member):
    case = CaseFactory(submitted=True, member=member)
    client.force_login(administrator)
    assert client.post(f"/cases/{case.pk}/accept/", {}).status_code == 400
    assert client.post(f"/cases/{case.pk}/accept/", {"technician": member.pk}).status_code == 400
    assert client.post(f"/cases/{case.pk}/accept/", {"technician": technician.pk}).status_code == 302
    case.refresh_from_db()
    assert (case.status, case.assigned_to) == ("accepted", technician)


def test_get_changes_nothing(case, client, technician):
    client.force_login(technician)
    for verb in ("accept", "complete", "reschedule", "return", "hold", "release", "submit"):
        for method in (client.get, client.head):
            answer = method(f"/cases/{case.pk}/{verb}/")
            assert (answer.status_code, answer["Location"]) == (302, f"/cases/{case.pk}/")
    case.refresh_from_db()
    assert case.status == "accepted"


def test_the_address_of_a_button_tells_nothing_of_a_hidden_case(case, client, other_member):
    client.force_login(other_member)
    assert client.get(f"/cases/{case.pk}/complete/", follow=True).status_code == 404
    assert client.get("/cases/999999/complete/")["Location"] == "/cases/999999/"


def test_other_methods_are_told_what_the_address_takes(case, client, technician):
    client.force_login(technician)
    answer = client.put(f"/cases/{case.pk}/complete/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert f'href="/cases/{case.pk}/"' in answer.content.decode()


def clock_now():
    return dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)
