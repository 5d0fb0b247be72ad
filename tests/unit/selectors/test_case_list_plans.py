"""No list reads all cases, whatever is asked of it: the plans of PostgreSQL with 150,000 cases."""

import datetime as dt

import pytest
from django.db import connection
from django.http import QueryDict

from cases.forms.case_filter import CaseFilter
from cases.models import Case, CaseType, User
from cases.selectors import case_list, dashboard, search
from cases.selectors.pagination import MAX_COUNTED, PER_PAGE, CappedPaginator
from tests.plans import Plans

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

TODAY = dt.date(2025, 6, 11)
CASES = 150_000
# Of a hundred cases one is a draft, one submitted, one accepted, three on hold (and those are old ones), 44 scheduled
# and 50 released. One in a thousand is urgent. Tom has an eleventh of all, Otto fifty old ones, Mia a hundredth,
# Olga the others. A third is of the type Pension.
FILL = """
INSERT INTO cases_case (external_case_id, member_id, assigned_to_id, status, urgency, title, title_folded,
    description, date_created,
    date_accepted, scheduled_release_date, actual_release_date, schedule_revision, release_number, release_error,
    release_attempts, case_type_id)
SELECT 'L-' || n, CASE WHEN n %% 100 = 7 THEN %(mia)s ELSE %(olga)s END,
    CASE WHEN n %% 100 < 2 THEN NULL WHEN n < 10000 AND n %% 200 = 50 THEN %(otto)s WHEN n %% 11 = 2 THEN %(tom)s
        ELSE %(other)s END,
    CASE n %% 100 WHEN 0 THEN 'draft' WHEN 1 THEN 'submitted' WHEN 2 THEN 'accepted' ELSE 'completed' END,
    CASE WHEN n %% 1000 IN (2, 503) THEN 'urgent' ELSE 'normal' END, 'Question ' || n,
    'question ' || n, '', now(),
    CASE WHEN n %% 100 > 1 THEN timestamptz '2025-01-01' + (n * 7919 %% 150000) * interval '1 minute' END,
    CASE WHEN n %% 100 > 5 THEN date %(today)s + 1 + n %% 300 - CASE WHEN n %% 100 > 49 THEN 400 ELSE 0 END
         WHEN n %% 100 > 2 AND n > 50000 THEN date %(today)s END,
    CASE WHEN n %% 100 > 49 THEN timestamptz '2025-01-01' + n * interval '1 second' END, 1, 0, '', 0,
    CASE WHEN n %% 3 = 0 THEN CAST(%(pension)s AS bigint) END
FROM generate_series(1, %(cases)s) AS n
"""


@pytest.fixture(scope="module", autouse=True)
def many(django_db_setup, django_db_blocker):
    """The cases, analysed; they go when the tests of this module are done."""
    if connection.vendor != "postgresql":
        yield
        return
    with django_db_blocker.unblock():
        try:
            roles = {"mia": "member", "olga": "member", "tom": "technician", "otto": "technician"}
            roles |= {"other": "technician", "ada": "administrator"}
            people = {name: User.objects.create(username=name, role=role).pk for name, role in roles.items()}
            people["pension"] = CaseType.objects.create(name="Pension").pk
            with connection.cursor() as cursor:
                cursor.execute(FILL, people | {"cases": CASES, "today": TODAY})
                cursor.execute("ANALYZE")
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE cases_case, cases_user, cases_casetype CASCADE")


@pytest.fixture(autouse=True)
def _noon(clock):
    clock.move_to(dt.datetime.combine(TODAY, dt.time(12), tzinfo=dt.UTC))


class CasePlans(Plans):
    """What is done to the table of cases. That of people is small here, and read as a whole."""

    def __init__(self, work):
        super().__init__(work)
        self.scans = [scan for scan in self.scans if scan.get("Relation Name") == "cases_case"]


def show(name: str, query: str) -> None:
    user = User.objects.get(username=name)
    pension = CaseType.objects.get(name="Pension").pk
    asked = CaseFilter(QueryDict(query.replace(PENSION, f"type={pension}")), by=user)
    assert asked.is_valid(), asked.errors
    list(CappedPaginator(case_list.find(asked.list_query(), user).cases).get_page(1))


# Replaced by its key.
PENSION = "type=pension"
ALONG_ONE_INDEX = [
    *[("ada", f"state={state}") for state in ("", "draft", "submitted", "accepted", "scheduled", "held", "released")],
    *[("tom", f"state={state}&technician=mine") for state in ("accepted", "scheduled", "held", "released")],
    *[("otto", f"state={state}&technician=mine") for state in ("", "accepted", "scheduled", "held", "released")],
    *[("tom", query) for query in ("", "sort=oldest", "technician=mine", "technician=mine&sort=oldest")],
    *[("ada", f"state={state}&sort={sort}") for state, sort in (("submitted", "oldest"), ("held", "oldest"))],
    *[
        ("tom", f"state={state}&sort={sort}")
        for state, sort in (("released", "released-first"), ("scheduled", "latest"))
    ],
    *[("tom", f"state=accepted&sort=accepted-first{whose}") for whose in ("", "&technician=mine")],
    *[(name, f"due=unopened{sort}") for name in ("tom", "ada") for sort in ("", "&sort=released")],
    *[("tom", f"due=unopened&technician=mine{sort}") for sort in ("", "&sort=released")],
    *[("tom", query) for query in ("due=today", "due=today&technician=mine", "due=today&sort=latest")],
    *[(name, "due=conditions") for name in ("tom", "ada")],
    ("tom", "due=conditions&technician=mine"),
    ("tom", "state=accepted&technician=nobody"),
    *[(name, query) for name in ("ada", "tom") for query in (PENSION, f"{PENSION}&sort=oldest")],
    ("ada", "q=L-77"),
]


@pytest.mark.parametrize(("name", "query"), ALONG_ONE_INDEX)
def test_what_an_index_holds_is_found_along_it(name, query):
    plans = CasePlans(lambda: show(name, query))

    assert plans.whole_table == []
    # Counted and shown. Drafts are passed over, and of the few on hold all may be read.
    assert plans.rows_touched <= (MAX_COUNTED + 1 + PER_PAGE) * 1.6


AMONG_THE_LATEST = [
    *[("ada", f"q={text}") for text in ("Question", "nothing", "Question+1")],
    *[("ada", f"q=nothing&state={state}") for state in ("submitted", "accepted", "scheduled", "held", "released")],
    *[("ada", query) for query in ("urgency=urgent", "urgency=urgent&state=accepted", "urgency=urgent&state=held")],
    *[("tom", query) for query in ("q=nothing", "q=nothing&technician=mine", "urgency=urgent&technician=mine")],
    *[("tom", query) for query in ("technician=nobody", "technician=nobody&state=submitted", "due=today&q=nothing")],
    *[("otto", query) for query in ("technician=mine&state=submitted", "technician=mine&q=nothing")],
    *[("ada", query) for query in ("member=mia", "member=mia&state=held", "member=olga&q=nothing&sort=oldest")],
    *[("mia", f"state={state}") for state in ("", "accepted", "open", "released")],
    *[("ada", f"{PENSION}&{query}") for query in ("state=released", "q=nothing", "urgency=urgent", "due=today")],
    *[("tom", f"{query}&state=scheduled") for query in (PENSION, "type=general")],
    *[("tom", f"{query}&technician=mine") for query in (PENSION, "type=general")],
    *[("ada", query) for query in ("type=general", "type=general&state=released", "type=general&q=nothing")],
    *[("mia", query) for query in (PENSION, "type=general&state=released")],
    *[("ada", query) for query in ("q=mia", "q=L-149", "q=mia&state=held", "member=MIA")],
    *[
        ("olga", query)
        for query in ("", "q=L-77", "q=nothing", "state=released", "state=open&sort=oldest", "urgency=urgent")
    ],
]


@pytest.mark.parametrize(("name", "query"), AMONG_THE_LATEST)
def test_everything_else_is_looked_for_among_the_latest(name, query):
    plans = CasePlans(lambda: show(name, query))

    assert plans.whole_table == []
    # The first of the latest, the count, and the page; of Olga's cases half are hidden from her.
    assert plans.rows_touched <= 3.4 * case_list.SEARCHED * (2 if name == "olga" else 1)


def test_the_beginning_of_a_number_is_found_along_its_index():
    plans = Plans(lambda: list(Case.objects.filter(search.number_starts_with("l-14999"))))

    assert plans.whole_table == []
    assert plans.indexes == {"cases_case_external_case_id_key"}


@pytest.mark.parametrize(
    ("name", "index"),
    [("tom", "case_assigned_accepted"), ("otto", "case_assigned_accepted"), ("ada", "case_accepted")],
)
def test_what_is_in_progress_is_found_in_the_order_of_its_acceptance(name, index):
    user = User.objects.get(username=name)
    whose = "&technician=mine" if user.is_technician else ""

    plans = CasePlans(lambda: show(name, f"state=accepted{whose}"))
    board = CasePlans(lambda: dashboard.groups_for(user))

    assert index in plans.indexes
    assert index in board.indexes


# Not Olga's, whose own cases nearly all are: hers are sorted.
@pytest.mark.parametrize("name", ["mia", "tom", "otto", "ada"])
def test_a_dashboard_reads_what_it_counts(name):
    user = User.objects.get(username=name)

    plans = CasePlans(lambda: dashboard.groups_for(user))

    assert plans.whole_table == []
    # The first of each section, what is counted of each, and the cases themselves.
    assert plans.rows_touched <= 7 * (MAX_COUNTED + 1) * 2
