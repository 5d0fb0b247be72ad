"""The portal's present moment decides what may be chosen, a choice must not contradict itself, and a refusal gives
advice that the person can follow."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

import cases
from cases import releases
from cases.core import clock as portals_clock
from cases.core.errors import BadSchedule
from cases.core.schedule import Schedule
from cases.forms.casework import AcceptForm
from cases.forms.release import ChangeForm, CompletionForm, RescheduleForm
from cases.models import Case
from cases.releases import release_choice
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

TODAY = dt.date(2025, 6, 11)
DAY = dt.timedelta(days=1)


# --- Now and a date ---------------------------------------------------------------------------------------------------

# It is June 11, 2025, noon.
CONTRADICTIONS = {
    "tomorrow": (TODAY + DAY, None),
    "far away": (dt.date(2026, 1, 1), None),
    "beyond all calendars": (dt.date.max, dt.time.max),
    "later today": (TODAY, dt.time(12, 0, 1)),
    "a time alone, later today": (None, dt.time(18)),
    "tomorrow, at a time that was today": (TODAY + DAY, dt.time(9)),
}
HARMLESS = {
    "neither": (None, None),
    "today": (TODAY, None),
    "yesterday": (TODAY - DAY, dt.time(18)),
    "earlier today": (TODAY, dt.time(11, 59, 59)),
    "this very moment": (TODAY, dt.time(12)),
    "the first of all days": (dt.date.min, dt.time.min),
}


@pytest.mark.parametrize(("date", "time"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_now_and_the_future_contradict_each_other(clock, date, time):
    with pytest.raises(BadSchedule) as caught:
        release_choice.release_on(case=Case(), option="now", date=date, time=time)
    assert (caught.value.status, caught.value.field) == (400, "release_option")


@pytest.mark.parametrize(("date", "time"), HARMLESS.values(), ids=HARMLESS.keys())
def test_now_and_what_has_passed_is_now(clock, date, time):
    assert release_choice.release_on(case=Case(), option="now", date=date, time=time) is None


@pytest.mark.parametrize(("zone", "date"), [("Pacific/Auckland", TODAY + DAY), ("Pacific/Honolulu", TODAY)])
def test_what_is_the_future_goes_by_the_portals_calendar(settings, clock, zone, date):
    settings.TIME_ZONE = zone
    clock.move_to(dt.datetime(2025, 6, 11, 13, tzinfo=dt.UTC))
    assert release_choice.release_on(case=Case(), option="now", date=date, time=None) is None
    with pytest.raises(BadSchedule):
        release_choice.release_on(case=Case(), option="now", date=date + DAY, time=None)


# --- Given twice ------------------------------------------------------------------------------------------------------

FORMS = {
    "option": (CompletionForm, "release_option=now", "release_option"),
    "option, the same twice": (CompletionForm, "release_option=schedule", "release_option"),
    "date": (CompletionForm, "release_option=schedule&release_date=2025-07-01", "release_date"),
    "time": (CompletionForm, "release_option=schedule&release_time=09:30", "release_time"),
    "another date": (RescheduleForm, "release_date=2025-07-01", "release_date"),
    "reason": (ChangeForm, "reason=because", "reason"),
    "version": (ChangeForm, "version=1", "version"),
}


@pytest.mark.parametrize(("form", "query", "name"), FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("second", ["the same", ""])
def test_a_field_given_twice_is_refused(form, query, name, second):
    assert form(QueryDict(query)).is_valid()
    twice = form(QueryDict(f"{query}&{query if second else name + '='}"))
    assert not twice.is_valid()
    assert name in twice.errors


def test_a_technician_given_twice_is_refused(administrator, technician, other_technician):
    once = f"technician={technician.pk}"
    assert AcceptForm(QueryDict(once), by=administrator).is_valid()
    assert "technician" in AcceptForm(QueryDict(f"{once}&technician={other_technician.pk}"), by=administrator).errors


# --- Seconds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("time", ["09:30:45", "00:00:01", "23:59:59", "09:30", "00:00"])
def test_a_schedule_that_is_saved_as_it_was_shown_keeps_its_seconds(client, administrator, member, clock, time):
    case = CaseFactory(
        scheduled=True,
        member=member,
        scheduled_release_date=dt.date(2025, 6, 20),
        scheduled_release_time=dt.time.fromisoformat(time),
    )
    client.force_login(administrator)
    page = client.get(f"/cases/{case.pk}/").content.decode()
    assert f'name="release_time" value="{time}"' in page
    assert ('step="1"' in page) is (len(time) == 8)
    form = client.get(f"/cases/{case.pk}/").context["reschedule_form"]
    data = {"release_date": "2025-06-20", "release_time": form.time_text, "version": 1, "reason": "as it was"}
    assert client.post(f"/cases/{case.pk}/reschedule/", data).status_code == 302
    case.refresh_from_db()
    assert case.scheduled_release_time == dt.time.fromisoformat(time)


def test_a_refused_form_keeps_the_seconds_that_were_typed(client, administrator, member, clock):
    case = CaseFactory(scheduled=True, member=member)
    client.force_login(administrator)
    data = {"release_date": "2020-01-01", "release_time": "09:30:45", "version": 1, "reason": "back"}
    answer = client.post(f"/cases/{case.pk}/reschedule/", data)
    assert answer.status_code == 400
    assert 'name="release_time" value="09:30:45"' in answer.content.decode()


# --- The portal's moment ----------------------------------------------------------------------------------------------


@pytest.fixture
def midnight_between(clock):
    """It is a second past midnight on June 12 on this host, and still June 11 by the database's clock."""
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite there is one clock")
    clock.move_to(dt.datetime(2025, 6, 12, 0, 0, 1, tzinfo=dt.UTC))
    # Undone before `clock`, which has patched the same place: `monkeypatch` would otherwise restore that patch
    # permanently.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(portals_clock, "_database_now", lambda: timezone.now() - dt.timedelta(seconds=2))
        yield


def test_the_first_date_counts_from_the_portals_day(midnight_between, technician, member):
    case = CaseFactory(member=member, assigned_to=technician)
    releases.complete(case=case, by=technician, source="web", release_on=Schedule(dt.date(2025, 6, 18)))
    assert Case.objects.get().scheduled_release_date == dt.date(2025, 6, 18)


@pytest.mark.parametrize("data", [{}, {"release_date": ""}], ids=["none", "empty"])
def test_the_default_date_counts_from_the_portals_day(midnight_between, client, technician, member, data):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(technician)
    client.post(f"/cases/{case.pk}/complete/", {"release_option": "schedule"} | data)
    assert Case.objects.get().scheduled_release_date == dt.date(2025, 6, 18)


def test_what_pages_show_of_today_is_the_portals_day(midnight_between, client, administrator, technician, member):
    of_tom = {"scheduled": True, "member": member, "assigned_to": technician}
    last_second = dt.time(23, 59, 59, 999999)
    today = CaseFactory(**of_tom, scheduled_release_date=TODAY, scheduled_release_time=last_second)
    tomorrow = CaseFactory(**of_tom, scheduled_release_date=TODAY + DAY)
    client.force_login(technician)
    due = client.get("/cases/?due=today").content.decode()
    assert today.external_case_id in due
    assert tomorrow.external_case_id not in due
    assert client.get("/calendar/").context["today"] == TODAY
    page = client.get(f"/cases/{tomorrow.pk}/").content.decode()
    assert 'min="2025-06-18"' in page
    client.force_login(administrator)
    assert f'min="{TODAY}"' in client.get(f"/cases/{tomorrow.pk}/").content.decode()


def test_only_the_clock_module_reads_the_hosts_date():
    """`date.today()` and a calendar day of `timezone.now()` are the host's."""
    modules = list(Path(cases.__file__).parent.rglob("*.py"))
    assert len(modules) > 100
    for path in modules:
        text = path.read_text()
        assert "date.today(" not in text, path
        assert "localdate(" not in text, path
        if path.parent.name != "demo":
            assert "date_of(timezone.now())" not in text, path


# --- Advice -----------------------------------------------------------------------------------------------------------

PAST = [Schedule(TODAY - DAY), Schedule(TODAY - DAY, dt.time(18)), Schedule(TODAY), Schedule(TODAY, dt.time(12))]


def advice(verb, **options) -> str:
    with pytest.raises(BadSchedule) as caught:
        verb(source="web", **options)
    assert caught.value.field == "release_date"
    return caught.value.message


@pytest.mark.parametrize("release_on", PAST, ids=str)
@pytest.mark.parametrize("who", ["technician", "administrator"])
def test_release_now_is_advised_where_it_is_a_choice_of_the_same_form(
    settings, request, clock, technician, member, who, release_on
):
    settings.RELEASE_MIN_DAYS = 0
    by = request.getfixturevalue(who)
    accepted = CaseFactory(member=member, assigned_to=technician)
    scheduled = CaseFactory(scheduled=True, member=member, assigned_to=technician)
    held = CaseFactory(held=True, member=member, assigned_to=technician)
    text = advice(releases.complete, case=accepted, by=by, release_on=release_on, reason="why")
    assert "Release Now" in text
    for case in (scheduled, held):
        text = advice(releases.schedule, case=case, by=by, release_on=release_on, reason="why")
        assert "Release Now" not in text
        assert "later" in text


@pytest.mark.parametrize("release_on", PAST, ids=str)
def test_with_a_minimum_the_first_date_is_named_and_nothing_else(clock, technician, member, release_on):
    for verb, state in ((releases.complete, {}), (releases.schedule, {"scheduled": True})):
        case = CaseFactory(member=member, assigned_to=technician, **state)
        assert advice(verb, case=case, by=technician, release_on=release_on) == (
            "The earliest date is June 18, 2025: 7 days from today."
        )


def test_a_date_is_not_told_to_have_a_later_time(settings, clock, technician, member):
    settings.RELEASE_MIN_DAYS = 0
    case = CaseFactory(scheduled=True, member=member, assigned_to=technician)
    said = advice(releases.schedule, case=case, by=technician, release_on=Schedule(TODAY - DAY, dt.time(9)))
    assert said == "This date is in the past. Choose a later date."
    said = advice(releases.schedule, case=case, by=technician, release_on=Schedule(TODAY, dt.time(9)))
    assert said == "This time is in the past. Choose a later time or date."


def test_the_advice_can_be_followed(settings, clock, technician, member):
    """A later time on the same day, and a later date, are accepted."""
    settings.RELEASE_MIN_DAYS = 0
    for release_on in (Schedule(TODAY, dt.time(12, 1)), Schedule(TODAY + DAY)):
        case = CaseFactory(scheduled=True, member=member, assigned_to=technician)
        releases.schedule(case=case, by=technician, source="web", release_on=release_on)
