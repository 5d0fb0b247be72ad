"""The calendar's cost depends on the days and rows it shows, not on pending or released cases: PostgreSQL's plans."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from cases.core.calendar_periods import CalendarView, Period
from cases.models import Case, User
from cases.selectors import calendar_feed
from cases.selectors.pagination import MAX_COUNTED
from cases.selectors.release_calendar import DayPaginator, EntryKind, by_the_clock, days_of
from tests.factories import UserFactory
from tests.unit.db.test_query_plans import TODAY, Plans, many_cases  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

ROWS = 3


@pytest.fixture
def noon(clock):
    clock.move_to(dt.datetime.combine(TODAY, dt.time(12), tzinfo=dt.UTC))


@pytest.fixture
def busy_technician() -> User:
    """A person with a tenth of all cases, released and scheduled ones."""
    user = UserFactory(role=User.Role.TECHNICIAN)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET assigned_to_id = %s WHERE id %% 11 = 0", [user.pk])
        cursor.execute("ANALYZE cases_case")
    return user


class CasePlans(Plans):
    """Return what is done to the table of cases. That of people is small here, and read as a whole."""

    def __init__(self, work):
        super().__init__(work)
        self.scans = [scan for scan in self.scans if scan.get("Relation Name") == "cases_case"]


def month(date, user, whose):
    cases = whose(Case.objects.visible_to(user).select_related("member", "assigned_to"))
    return days_of(Period(CalendarView.MONTH, date).days, whose=cases, to=user, rows=ROWS, now=timezone.now())


@pytest.mark.parametrize("role", ["technician", "administrator"])
@pytest.mark.parametrize("date", [TODAY, dt.date(2025, 9, 1), dt.date(2024, 12, 1)], ids=["now", "ahead", "past"])
def test_a_month_of_everybodys_cases_reads_what_it_counts(noon, administrator, other_technician, role, date):
    user = administrator if role == "administrator" else other_technician
    days = []

    plans = CasePlans(lambda: days.extend(month(date, user, lambda cases: cases)))

    counted = sum(group.count for day in days for group in day.groups)
    assert counted > 1000
    assert plans.whole_table == []
    assert {"case_due", "case_released"} & plans.indexes
    assert plans.indexes <= {"case_due", "case_released", "cases_case_pkey"}
    # What is counted, and what is shown, which is found and fetched.
    assert plans.rows_touched <= counted + len(days) * 2 * ROWS * 2


def test_a_month_of_ones_own_cases_reads_only_those(noon, busy_technician):
    days = []

    plans = CasePlans(
        lambda: days.extend(month(TODAY, busy_technician, lambda cases: cases.filter(assigned_to=busy_technician)))
    )

    counted = sum(group.count for day in days for group in day.groups)
    assert plans.whole_table == []
    # Shown cases are fetched by their keys, which the indexes of a person's cases also contain.
    by_key = {"case_assigned_newest", "case_member_latest", "cases_case_pkey"}
    assert plans.indexes - by_key <= {"case_assigned_due", "case_assigned_released"}
    assert plans.rows_touched <= counted + len(days) * 2 * ROWS * 2


@pytest.mark.parametrize("date", [TODAY, dt.date(2025, 6, 10)], ids=["all wait for the evening", "nothing waits"])
def test_the_first_page_of_a_days_list_is_found_along_one_index(clock, other_technician, date):
    clock.move_to(dt.datetime.combine(date, dt.time(12), tzinfo=dt.UTC))
    parts = by_the_clock(Case.objects.visible_to(other_technician), date, EntryKind.SCHEDULED, today=date)
    page = []

    plans = CasePlans(lambda: page.extend(DayPaginator(parts).get_page(1)))

    assert plans.whole_table == []
    assert plans.indexes == {"case_due"}
    # Each part is counted up to the cap.
    assert plans.rows_touched <= (len(parts) * (MAX_COUNTED + 1) + len(page) if page else 0)


@pytest.mark.parametrize("who", ["administrator", "busy_technician"])
def test_a_feed_reads_no_more_than_it_holds(noon, request, who):
    user = request.getfixturevalue(who)
    held = []

    plans = CasePlans(lambda: held.extend(calendar_feed.cases_of(user)))

    assert len(held) == calendar_feed.MAX_SCHEDULED
    assert plans.whole_table == []
    assert plans.rows_touched <= calendar_feed.MAX_SCHEDULED + calendar_feed.MAX_RELEASED


def test_the_cap_is_what_bounds_a_day(noon, administrator, count_up_to):
    count_up_to(10)

    plans = CasePlans(lambda: month(TODAY, administrator, lambda cases: cases))

    assert plans.rows_touched < 43 * (11 + 2 * ROWS)
