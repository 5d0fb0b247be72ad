"""The calendar feed: whose it is, and what is and is not in it."""

import datetime as dt

import pytest
from icalendar import Calendar

from cases.accounts import calendar_feed
from cases.core.errors import NotAllowed
from cases.models import CalendarFeed
from cases.selectors import calendar_feed as contents
from cases.views import ical
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db


def events(cases):
    calendar = Calendar.from_ical(ical.feed(cases, at=dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)))
    return calendar.walk("VEVENT")


def test_a_token_belongs_to_one_person_and_is_not_in_the_database(technician, administrator):
    of_tom, of_ada = calendar_feed.make(user=technician), calendar_feed.make(user=administrator)
    assert of_tom != of_ada
    assert len(of_tom) >= 43  # 32 random bytes
    assert (calendar_feed.owner_of(of_tom), calendar_feed.owner_of(of_ada)) == (technician, administrator)
    stored = {value for row in CalendarFeed.objects.values_list() for value in row}
    assert not stored & {of_tom, of_ada}
    assert calendar_feed.owner_of(CalendarFeed.objects.get(user=technician).token_digest) is None


def test_a_new_token_ends_the_former_one(technician):
    former = calendar_feed.make(user=technician)
    new = calendar_feed.make(user=technician)
    assert (calendar_feed.owner_of(former), calendar_feed.owner_of(new)) == (None, technician)


def test_switched_off_it_is_nobodys(technician):
    token = calendar_feed.make(user=technician)
    calendar_feed.switch_off(user=technician)
    calendar_feed.switch_off(user=technician)
    assert calendar_feed.owner_of(token) is None
    told = list(technician.account_events.values_list("kind", "actor"))
    assert told == [("calendar_feed_ended", technician.pk), ("calendar_feed_made", technician.pk)]


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "member"}], ids=str)
def test_it_ends_with_the_persons_access(technician, change):
    token = calendar_feed.make(user=technician)
    type(technician).objects.filter(pk=technician.pk).update(**change)
    assert calendar_feed.owner_of(token) is None
    technician.refresh_from_db()
    with pytest.raises(NotAllowed):
        calendar_feed.make(user=technician)
    assert contents.cases_of(technician) == []


def test_technicians_get_their_cases_and_administrators_all(clock, technician, other_technician, administrator):
    own = CaseFactory(scheduled=True, assigned_to=technician)
    gone = CaseFactory(released=True, assigned_to=technician)
    foreign = CaseFactory(scheduled=True, assigned_to=other_technician)
    CaseFactory(held=True, assigned_to=technician)
    CaseFactory(assigned_to=technician)
    assert contents.cases_of(technician) == [gone, own]
    assert contents.cases_of(administrator) == [gone, own, foreign]


def test_it_is_bounded_in_days_and_number(clock, technician, monkeypatch):
    today = dt.date(2025, 6, 11)
    near, far, too_far = (
        CaseFactory(scheduled=True, assigned_to=technician, scheduled_release_date=today + dt.timedelta(days=days))
        for days in (10, contents.DAYS_AHEAD, contents.DAYS_AHEAD + 1)
    )
    now = dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)
    recent, _too_old = (
        CaseFactory(released=True, assigned_to=technician, actual_release_date=now - dt.timedelta(days=days))
        for days in (contents.DAYS_BACK, contents.DAYS_BACK + 1)
    )
    assert contents.cases_of(technician) == [recent, near, far]
    assert too_far not in contents.cases_of(technician)
    monkeypatch.setattr(contents, "MAX_SCHEDULED", 1)
    monkeypatch.setattr(contents, "MAX_RELEASED", 0)
    assert contents.cases_of(technician) == [near]


def test_an_event_is_the_moment_of_the_release_in_utc(settings, technician):
    settings.TIME_ZONE = "America/New_York"
    settings.PORTAL_URL = "https://portal.example"
    case = CaseFactory(
        scheduled=True,
        assigned_to=technician,
        title="Pension; part 1, é",
        scheduled_release_date=dt.date(2025, 7, 1),
        scheduled_release_time=dt.time(9),
    )
    (event,) = events([case])
    assert event.decoded("dtstart") == dt.datetime(2025, 7, 1, 13, tzinfo=dt.UTC)
    assert event["summary"] == f"Scheduled: {case.external_case_id}: Pension; part 1, é"
    assert event["url"] == f"https://portal.example/cases/{case.pk}/"
    assert (event["uid"], event["sequence"]) == (f"release-{case.pk}@portal.example", 1)


def test_a_moved_case_is_the_same_event_with_a_later_sequence(technician):
    case = CaseFactory(scheduled=True, assigned_to=technician)
    (before,) = events([case])
    case.schedule_revision += 1
    (after,) = events([case])
    assert before["uid"] == after["uid"]
    assert after["sequence"] == before["sequence"] + 1


def test_a_released_case_says_so(clock, technician):
    (event,) = events([CaseFactory(released=True, assigned_to=technician)])
    assert event["summary"].startswith("Released: ")
    assert event.decoded("dtstart") == dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)


def test_nothing_of_the_member_is_in_it(member, technician):
    member.first_name, member.last_name = "Mia", "Marple"
    member.save()
    case = CaseFactory(
        scheduled=True, member=member, assigned_to=technician, description="My secret", title="A question"
    )
    text = ical.feed([case], at=dt.datetime.now(dt.UTC)).decode().replace("\r\n ", "")
    for word in ("Mia", "Marple", member.username + "@", member.email, "My secret"):
        assert word not in text


def test_what_somebody_typed_makes_no_line_of_its_own(technician):
    title = "A\r\nATTENDEE:mailto:x@example.com\r\nB\x0b\x07" + "long " * 30
    case = CaseFactory(scheduled=True, assigned_to=technician, title=title)
    content = ical.feed([case], at=dt.datetime.now(dt.UTC))
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert not any(line.startswith(b"ATTENDEE") for line in content.split(b"\r\n"))
    assert len(Calendar.from_ical(content).walk("VEVENT")) == 1
