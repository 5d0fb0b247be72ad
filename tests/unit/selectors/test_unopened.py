"""*Not opened after N days*: which cases these are, on the dashboard and in the list, and along which index."""

import datetime as dt

import pytest
from django.db import connection
from django.http import QueryDict

from cases.forms.case_filter import CaseFilter
from cases.models import Case
from cases.selectors import case_list, dashboard
from tests.conftest import FROZEN
from tests.factories import CaseFactory
from tests.plans import Plans

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)


def days(number):
    return dt.timedelta(days=number)


@pytest.fixture
def released(member, technician, clock):
    """Create a case that was released that long ago, Tom's by default."""

    def make(age, **columns):
        people = {"member": member, "assigned_to": technician} | columns
        return CaseFactory(released=True, actual_release_date=FROZEN - age, **people)

    return make


def listed(user, query="due=unopened"):
    asked = CaseFilter(QueryDict(query), by=user)
    assert asked.is_valid(), asked.errors
    return list(case_list.find(asked.list_query(), user).cases)


def section_of(user):
    return next((group for group in dashboard.groups_for(user) if group.section.key == "unopened"), None)


@pytest.mark.parametrize(
    ("age", "is_listed"),
    [
        (days(7) - SECOND, False),
        (days(7), True),
        (days(90) - SECOND, True),
        (days(90), False),
        (days(1000), False),
    ],
)
def test_it_is_listed_after_so_many_days_and_until_nobody_asks_any_more(age, is_listed, released, technician):
    case = released(age)
    assert listed(technician) == ([case] if is_listed else [])
    group = section_of(technician)
    assert [row.pk for row in (group.cases if group else [])] == ([case.pk] if is_listed else [])


def test_the_number_of_days_is_a_setting(released, technician, settings):
    released(days(2))
    assert listed(technician) == []
    for settings.RELEASE_UNOPENED_DAYS, label in ((1, "Not opened after 1 day"), (2, "Not opened after 2 days")):
        assert len(listed(technician)) == 1
        assert str(section_of(technician).section.label) == label


def test_what_was_opened_or_taken_back_is_not_listed(released, technician):
    released(days(8), first_viewed_at=FROZEN)
    Case.objects.filter(pk=released(days(8)).pk).update(actual_release_date=None)
    CaseFactory(assigned_to=technician, scheduled=True)
    assert listed(technician) == []


def test_technicians_have_their_own_and_administrators_all(released, technician, other_technician, administrator):
    own, others = released(days(8)), released(days(9), assigned_to=other_technician)
    for user, cases in ((technician, [own]), (other_technician, [others]), (administrator, [others, own])):
        group = section_of(user)
        assert [case.pk for case in group.cases] == [case.pk for case in cases]
        assert group.count == str(len(cases))
        assert listed(user, group.section.query) == cases
    assert listed(technician) == [others, own], "the filter alone is about everybody's"


def test_the_longest_unopened_comes_first_and_the_order_can_be_turned(released, administrator):
    ages = [9, 30, 12]
    cases = {age: released(days(age)) for age in ages}
    assert listed(administrator) == [cases[30], cases[12], cases[9]]
    assert listed(administrator, "due=unopened&sort=released") == [cases[9], cases[12], cases[30]]


def test_it_goes_with_other_filters(released, technician):
    wanted = released(days(8), title="Pension", urgency="urgent")
    released(days(8), title="Refund")
    for query in ("q=pension", "urgency=urgent", "q=pension&technician=mine", "q=pension&state=released"):
        assert listed(technician, f"due=unopened&{query}") == [wanted], query
    assert listed(technician, "due=unopened&state=scheduled") == []


def test_the_page_shows_the_section_only_where_there_is_something(released, client, technician):
    def main():
        """Return the page below its menu, which has the view of this name."""
        return client.get("/").content.decode().partition("<main")[2]

    client.force_login(technician)
    assert "Not opened" not in main()
    released(days(8), title="Pension")
    page = main()
    assert 'href="/cases/?due=unopened&amp;technician=mine"' in page
    assert page.count("Not opened after 7 days") == 2
    listed_page = client.get("/cases/?due=unopened&technician=mine").content.decode()
    assert "Pension" in listed_page
    assert "Release: Not opened after 7 days" in listed_page


def test_members_have_no_such_filter(released, client, member):
    released(days(8), title="Pension")
    client.force_login(member)
    for page in (client.get("/"), client.get("/cases/"), client.get("/cases/?due=unopened")):
        assert "Not opened" not in page.content.decode()


# --- Plans: 40,000 cases of two technicians, released over 200 days, of which one in fifty is not opened --------------

FILL = """
INSERT INTO cases_case (external_case_id, member_id, assigned_to_id, status, urgency, title, title_folded, description,
    date_created, scheduled_release_date, actual_release_date, first_viewed_at, schedule_revision, release_number,
    release_error, release_attempts)
SELECT 'L-' || n, %(mia)s, CASE WHEN n %% 2 = 0 THEN %(tom)s ELSE %(otto)s END, 'completed', 'normal', 'Question', '',
    '', %(now)s, %(now)s::date - 201, at, CASE WHEN n %% 100 > 1 THEN at END, 1, 1, '', 0
FROM (SELECT n, %(now)s - interval '200 days' + n * interval '7 minutes' AS at FROM generate_series(1, 40000) AS n) AS x
"""


@pytest.mark.postgresql
def test_only_what_is_not_opened_is_read(member, technician, other_technician, administrator, clock):
    people = {"mia": member.pk, "tom": technician.pk, "otto": other_technician.pk, "now": FROZEN}
    with connection.cursor() as cursor:
        cursor.execute(FILL, people)
        cursor.execute("ANALYZE")
    for user, index in ((technician, "case_assigned_unopened"), (administrator, "case_unopened")):
        plans = Plans(lambda user=user: listed(user, section_of(user).section.query))
        assert plans.whole_table == []
        assert index in plans.indexes
        found = len(listed(user, section_of(user).section.query))
        # Of the other sections, only "Released" has any cases. It counts up to a thousand and one.
        assert plans.rows_touched <= 3 * found + 3 * 1001
