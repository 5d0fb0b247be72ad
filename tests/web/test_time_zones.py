"""Whose clock a page shows: the portal's (in New York) for releases, and the reader's for past events."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from cases.core import common_timezones, reader_timezones, schedule
from cases.models import Case, CaseEvent, User
from tests.clocks import portals_today
from tests.factories import CaseFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock"),
    pytest.mark.one_database("is about the clock of a page: tests/unit/core has that of the database on both"),
]

AUCKLAND = "Pacific/Auckland"
PROFILE = "/accounts/profile/"
# In New York it is still the 10th, 11 in the evening; in Auckland the 11th, 3 in the afternoon.
MOMENT = dt.datetime(2025, 6, 11, 3, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _portal_in_new_york(settings, clock):
    settings.TIME_ZONE = "America/New_York"
    clock.move_to(MOMENT)


def in_auckland(user: User) -> User:
    user.time_zone = AUCKLAND
    user.save()
    return user


def text(response) -> str:
    """Return the text of the page without its markup."""
    content = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", content)


@pytest.fixture
def released(member: User, technician: User) -> Case:
    """Mia's, submitted and released at MOMENT."""
    return CaseFactory(released=True, member=member, assigned_to=technician, date_submitted=MOMENT)


@pytest.fixture
def scheduled(member: User, technician: User) -> Case:
    """Mia's case, completed at MOMENT, with a release on June 18 at 9 p.m. in New York."""
    return CaseFactory(
        scheduled=True,
        member=member,
        assigned_to=technician,
        scheduled_release_date=dt.date(2025, 6, 18),
        scheduled_release_time=dt.time(21),
    )


def test_a_member_abroad_reads_the_release_on_the_portals_clock_and_the_rest_on_hers(released, member, client):
    client.force_login(in_auckland(member))
    page = text(client.get(f"/cases/{released.pk}/"))
    assert "released on: June 10, 2025 at 11:00 PM EDT" in page
    assert "Submitted June 11, 2025" in page
    assert "All release times are in America/New_York" in page
    assert "Other times are in your time zone, Pacific/Auckland" in page


@pytest.mark.parametrize("url", ["/", "/cases/"])
def test_so_say_the_lists(url, released, member, client):
    CaseFactory(submitted=True, member=member, date_submitted=MOMENT)
    client.force_login(in_auckland(member))
    page = text(client.get(url))
    assert "Jun 10, 2025, 11:00 PM EDT" in page
    assert "Submitted Jun 11, 2025" in page


def test_whoever_lives_by_the_portals_clock_reads_no_zone(released, member, client):
    client.force_login(member)
    page = text(client.get(f"/cases/{released.pk}/"))
    assert "June 10, 2025 at 11:00 PM" in page
    assert "EDT" not in page
    assert "Submitted June 10, 2025" in page
    assert "in your time zone" not in page


def test_an_announced_date_names_its_zone(scheduled, member, client, settings):
    settings.RELEASE_MEMBER_VIEW = "announced"
    client.force_login(in_auckland(member))
    page = text(client.get(f"/cases/{scheduled.pk}/"))
    assert "June 18, 2025 at 9:00 PM (America/New_York)" in page


def test_a_technician_abroad_schedules_by_the_portals_calendar(member, technician, client):
    case = CaseFactory(member=member, assigned_to=technician)
    client.force_login(in_auckland(technician))
    assert 'min="2025-06-17"' in client.get(f"/cases/{case.pk}/").content.decode()
    client.post(
        f"/cases/{case.pk}/complete/",
        {"release_option": "schedule", "release_date": "2025-06-18", "release_time": "21:00"},
    )
    case.refresh_from_db()
    assert case.release_instant == dt.datetime(2025, 6, 19, 1, tzinfo=dt.UTC)
    page = text(client.get(f"/cases/{case.pk}/"))
    assert "scheduled to be released on: June 18, 2025 at 9:00 PM EDT" in page
    assert "Completed Jun 11, 2025, not released yet" in page
    assert "for June 18, 2025, 9:00 PM (America/New_York)" in page
    assert "just now · tom" in page
    assert 'title="June 11, 2025, 3:00:00 PM"' in client.get(f"/cases/{case.pk}/").content.decode()


def days(response) -> dict[str, str]:
    """Return what the calendar's days say."""
    content = response.content.decode()
    return dict(re.findall(r'data-date="([-\d]+)"(.*?)(?=data-date|</ol>)', content, re.S))


def test_the_calendar_has_the_portals_days_and_times(scheduled, released, technician, client):
    client.force_login(in_auckland(technician))
    answer = client.get("/calendar/?date=2025-06-10")
    found = days(answer)
    assert f'id="entry-{scheduled.pk}"' in found["2025-06-18"]
    assert f'id="entry-{released.pk}"' in found["2025-06-10"]
    assert "9:00 PM EDT" in found["2025-06-18"]
    assert "cal-today" not in found["2025-06-11"]
    assert "Days and times are in America/New_York." in text(answer)
    assert "June 18, 2025, 9:00 PM EDT" in text(client.get(f"/calendar/{scheduled.pk}/move/"))


def test_api_and_admin_speak_the_portals_time_to_everybody(released, administrator, client):
    administrator.is_superuser = True
    client.force_login(in_auckland(administrator))
    assert client.get(f"/api/cases/{released.pk}/").json()["actual_release_date"] == "2025-06-10T23:00:00-04:00"
    assert "June 10, 2025, 11 p.m." in text(client.get("/admin/cases/case/"))


def test_a_zone_ends_with_its_request(member, client):
    client.force_login(in_auckland(member))
    client.get("/")
    assert timezone.get_current_timezone_name() == "America/New_York"


def test_the_portals_dates_are_counted_alike_under_any_zone(scheduled):
    with timezone.override(reader_timezones.zone_of(User(time_zone=AUCKLAND))):
        assert portals_today() == dt.date(2025, 6, 10)
        assert schedule.start_of(dt.date(2025, 6, 10)) == dt.datetime(2025, 6, 10, 4, tzinfo=dt.UTC)


def test_people_choose_their_zone_and_name(member, client):
    client.force_login(member)
    answer = client.post(PROFILE, {"first_name": "Mia", "last_name": "Marsh", "time_zone": AUCKLAND}, follow=True)
    page = text(answer)
    assert "Profile saved." in page
    assert "Mia Marsh" in page
    assert "Other times are in your time zone, Pacific/Auckland" in text(client.get("/cases/"))
    member.refresh_from_db()
    assert (member.first_name, member.time_zone) == ("Mia", AUCKLAND)
    client.post(PROFILE, {"first_name": "Mia", "last_name": "Marsh", "time_zone": ""})
    member.refresh_from_db()
    assert member.time_zone == ""


@pytest.mark.parametrize("zone", ["Middle/Earth", "../../etc/passwd", "America/Nowhere", "x" * 100])
def test_an_unknown_zone_is_refused_beside_its_field_and_nothing_typed_is_lost(zone, member, client):
    client.force_login(member)
    answer = client.post(PROFILE, {"first_name": "Maria", "last_name": "", "time_zone": zone})
    assert answer.status_code == 400
    assert 'id="id_time_zone_error"' in answer.content.decode()
    assert 'value="Maria"' in answer.content.decode()
    member.refresh_from_db()
    assert (member.first_name, member.time_zone) == ("", "")


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("chicago", "America/Chicago"),
        ("  São Paulo ", "America/Sao_Paulo"),
        ("America/New York", "America/New_York"),
        ("antarctica/troll", "Antarctica/Troll"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_found_by_its_city(typed, zone, member, client):
    client.force_login(member)
    client.post(PROFILE, {"time_zone": typed})
    assert User.objects.get(pk=member.pk).time_zone == zone


def test_the_suggested_zones_are_few_and_say_how_far_they_are_from_utc(member, client):
    client.force_login(member)
    page = client.get(PROFILE).content.decode()
    assert '<option value="America/Chicago">Chicago (UTC-05:00)</option>' in page
    assert len(common_timezones.COMMON) == page.count('<option value="', page.index("<datalist")) <= 80
    assert len(common_timezones.COMMON) == len(set(common_timezones.COMMON))


def test_nobody_gives_themselves_a_role(member, client):
    client.force_login(member)
    client.post(PROFILE, {"role": "administrator", "is_staff": "1", "email": "x@y.z"})
    member.refresh_from_db()
    assert (member.role, member.is_staff, member.email) == (User.Role.MEMBER, False, "mia@example.com")


def test_a_zone_that_is_gone_is_the_portals(released, member, client):
    User.objects.filter(pk=member.pk).update(time_zone="Middle/Earth")
    client.force_login(member)
    page = text(client.get(f"/cases/{released.pk}/"))
    assert "Submitted June 10, 2025" in page
    assert client.get(PROFILE).status_code == 200


def test_the_history_keeps_the_moment_itself(member, technician, client):
    case = CaseFactory(submitted=True, member=member)
    client.force_login(in_auckland(technician))
    client.post(f"/cases/{case.pk}/accept/")
    assert CaseEvent.objects.get(case=case).at == MOMENT


def test_the_zones_are_places():
    assert {AUCKLAND, "America/New_York", "UTC"} <= reader_timezones.names()
    assert not {"localtime", "posixrules", "Factory", "EST"} & reader_timezones.names()
