"""Which cases are on which day of the calendar, in which order and how many."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from cases import releases
from cases.core import schedule
from cases.core.calendar_periods import DAY, CalendarView, Period
from cases.models import Case
from cases.selectors import release_calendar
from cases.selectors.release_calendar import DayPaginator, EntryKind, by_the_clock, days_of, kinds_of, on_day
from tests.clocks import portals_today
from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

TODAY = dt.date(2025, 6, 11)


def days_for(user, dates, rows=3):
    cases = Case.objects.visible_to(user).select_related("member", "assigned_to")
    return {day.date: day for day in days_of(dates, whose=cases, to=user, rows=rows, now=timezone.now())}


def shown(day):
    return [(group.kind.value, entry.case.pk) for group in day.groups for entry in group.entries]


def test_scheduled_cases_stand_on_their_day_and_released_ones_on_the_day_they_went_out(clock, administrator):
    ahead = CaseFactory(scheduled=True, scheduled_release_date=dt.date(2025, 6, 18))
    early = CaseFactory(
        released=True,
        scheduled_release_date=dt.date(2025, 6, 20),
        actual_release_date=dt.datetime(2025, 6, 9, 9, tzinfo=dt.UTC),
    )
    CaseFactory(held=True)
    CaseFactory()
    CaseFactory(draft=True)

    days = days_for(administrator, Period(CalendarView.MONTH, TODAY).days)

    assert shown(days[dt.date(2025, 6, 18)]) == [("scheduled", ahead.pk)]
    assert shown(days[dt.date(2025, 6, 9)]) == [("released", early.pk)]
    assert sum(group.count for day in days.values() for group in day.groups) == 2


def test_what_is_overdue_stands_on_today_and_says_so(clock, administrator):
    late = CaseFactory(due=True, scheduled_release_date=dt.date(2025, 6, 3))
    later_today = CaseFactory(scheduled=True, scheduled_release_date=TODAY, scheduled_release_time=dt.time(18))
    gone = CaseFactory(released=True)

    days = days_for(administrator, [*Period(CalendarView.WEEK, TODAY).days, dt.date(2025, 6, 3)])

    assert shown(days[TODAY]) == [("scheduled", late.pk), ("scheduled", later_today.pk), ("released", gone.pk)]
    assert [entry.is_late for group in days[TODAY].groups for entry in group.entries] == [True, False, False]
    assert days[dt.date(2025, 6, 3)].is_empty


@pytest.mark.parametrize("usual", [dt.time(0), dt.time(12)])
@pytest.mark.parametrize("date", [TODAY, dt.date(2025, 6, 18)])
def test_a_day_is_in_the_order_of_the_clock_however_little_is_shown(clock, settings, administrator, usual, date):
    clock.move_to(dt.datetime(2025, 6, 11, tzinfo=dt.UTC))
    settings.RELEASE_TIME_OF_DAY = usual
    times = [dt.time(18), None, dt.time(9), usual, dt.time(13), dt.time(11, 59), None]
    made = [CaseFactory(scheduled=True, scheduled_release_date=date, scheduled_release_time=time) for time in times]
    made.sort(key=lambda case: (case.scheduled_release_time or usual, case.scheduled_release_time is not None, case.pk))
    wanted = [case.pk for case in made]
    if date == TODAY:
        wanted.insert(0, CaseFactory(due=True).pk)

    parts = by_the_clock(Case.objects.all(), date, EntryKind.SCHEDULED, today=TODAY)
    paginator = DayPaginator(parts)
    paginator.per_page = 3
    pages = [list(paginator.page(number)) for number in paginator.page_range]

    assert [case.pk for page in pages for case in page] == wanted
    assert [len(page) for page in pages[:-1]] == [3] * (len(pages) - 1)
    entries = [pk for _, pk in shown(days_for(administrator, [date], rows=4)[date])]
    assert {wanted.index(pk) for pk in entries} == {0, 1, 2, 3}


def test_a_day_shows_a_few_and_counts_up_to_the_cap(clock, administrator, count_up_to):
    date = dt.date(2025, 6, 18)
    CaseFactory.create_batch(6, scheduled=True, scheduled_release_date=date)
    (group,) = days_for(administrator, [date], rows=2)[date].groups
    assert (len(group.entries), group.counted, group.more) == (2, "6", "+4")
    count_up_to(5)
    (group,) = days_for(administrator, [date], rows=2)[date].groups
    assert (group.counted, group.more) == ("5+", "3+")
    (group,) = days_for(administrator, [date], rows=6)[date].groups
    assert group.more == ""


def test_who_may_move_what(clock, technician, other_technician, administrator):
    date = dt.date(2025, 6, 18)
    CaseFactory(scheduled=True, assigned_to=technician, scheduled_release_date=date)
    CaseFactory(released=True, assigned_to=technician)
    for user, movable in [(technician, [True]), (other_technician, [False]), (administrator, [True])]:
        days = days_for(user, [date, TODAY])
        assert [entry.movable for group in days[date].groups for entry in group.entries] == movable
        assert [entry.movable for group in days[TODAY].groups for entry in group.entries] == [False]


def test_a_case_released_between_the_statements_is_not_shown_as_scheduled(clock, administrator, monkeypatch):
    case = CaseFactory(due=True, assigned_to=administrator)
    first_rows = release_calendar.first_rows

    def released_meanwhile(*args, **options):
        found = first_rows(*args, **options)
        releases.release_now(case=case, by=administrator, source="web", reason="now")
        return found

    monkeypatch.setattr(release_calendar, "first_rows", released_meanwhile)
    assert shown(days_for(administrator, [TODAY])[TODAY]) == []


@pytest.mark.parametrize(
    ("zone", "date", "hours"),
    [
        ("Europe/Berlin", dt.date(2025, 3, 30), 23),
        ("Europe/Berlin", dt.date(2025, 10, 26), 25),
        ("Asia/Beirut", dt.date(2025, 3, 30), 23),  # its clock jumps over midnight
        ("America/Santiago", dt.date(2025, 9, 7), 23),  # likewise
        ("America/Santiago", dt.date(2025, 4, 5), 25),  # its clock goes back at midnight
        ("Australia/Lord_Howe", dt.date(2025, 4, 6), 24.5),
        ("America/New_York", dt.date(2025, 6, 11), 24),
    ],
)
def test_a_day_is_as_long_as_the_portals_clock_makes_it(settings, clock, administrator, zone, date, hours):
    settings.TIME_ZONE = zone
    clock.move_to(dt.datetime.combine(date + 3 * DAY, dt.time(12), tzinfo=dt.UTC))
    begin, end = schedule.start_of(date), schedule.start_of(date + DAY)
    assert (end - begin) == dt.timedelta(hours=hours)
    instants = [begin - dt.timedelta(seconds=1), begin, end - dt.timedelta(seconds=1), end]
    cases = [CaseFactory(released=True, actual_release_date=moment) for moment in instants]
    days = days_for(administrator, [date - DAY, date, date + DAY])
    assert {pk for _, pk in shown(days[date])} == {cases[1].pk, cases[2].pk}
    for case, moment in zip(cases, instants, strict=True):
        wall_clock_date = moment.astimezone(ZoneInfo(zone)).date()
        assert schedule.date_of(moment) == wall_clock_date
        assert case.pk in {pk for _, pk in shown(days[wall_clock_date])}


def test_today_is_the_portals_day(settings, clock, administrator):
    settings.TIME_ZONE = "Pacific/Auckland"
    clock.move_to(dt.datetime(2025, 6, 11, 13, tzinfo=dt.UTC))  # June 12 there
    today = portals_today()
    assert kinds_of(dt.date(2025, 6, 12), today=today) == [EntryKind.SCHEDULED, EntryKind.RELEASED]
    assert kinds_of(TODAY, today=today) == [EntryKind.RELEASED]
    case = CaseFactory(released=True)
    assert list(on_day(Case.objects.all(), dt.date(2025, 6, 12), EntryKind.RELEASED, today=today)) == [case]
