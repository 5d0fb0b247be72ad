"""No list reads all cases, whatever the query: PostgreSQL's plans with 150,000 cases."""

import datetime as dt

import pytest
from django.db import connection
from django.http import QueryDict

from cases.casework import saved_views
from cases.db import search_index
from cases.forms.case_filter import CaseFilter
from cases.models import Case, CaseType, User
from cases.selectors import case_list, dashboard, global_search, search
from cases.selectors.pagination import MAX_COUNTED, PER_PAGE, CappedPaginator
from cases.views import saved_view_rail
from tests import many_cases
from tests.plans import Plans
from tests.truncation import truncate

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

TODAY = dt.date(2025, 6, 11)
CASES = 150_000


@pytest.fixture(scope="module", autouse=True)
def many(django_db_setup, django_db_blocker):
    """The cases, analyzed. They are deleted after the module's tests."""
    if connection.vendor != "postgresql":
        yield
        return
    with django_db_blocker.unblock():
        try:
            many_cases.fill(CASES, TODAY)
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(truncate("cases_case", "cases_user", "cases_casetype"))


@pytest.fixture(autouse=True)
def _noon(clock):
    clock.move_to(dt.datetime.combine(TODAY, dt.time(12), tzinfo=dt.UTC))


class CasePlans(Plans):
    """Return what is done to the table of cases. That of people is small here, and read as a whole."""

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
    *[(name, f"sort={sort}") for name in ("tom", "ada") for sort in ("number", "number-last")],
    *[("tom", f"state={state}&sort={sort}") for state in ("submitted", "accepted") for sort in ("urgent", "normal")],
    *[("tom", f"state=accepted&sort={sort}&technician=mine") for sort in ("urgent", "normal", "newest", "oldest")],
    *[("ada", f"state=accepted&sort={sort}") for sort in ("newest", "oldest")],
    *[(name, f"state=open&urgency=urgent&sort={sort}") for name in ("tom", "ada") for sort in ("newest", "oldest")],
    *[("tom", f"state=submitted&urgency=urgent&sort={sort}") for sort in ("newest", "oldest")],
    *[("ada", f"state=scheduled&urgency=urgent{sort}") for sort in ("", "&sort=latest")],
    *[("tom", f"urgency=urgent&{days}") for days in ("due=week", "release_from=2025-06-12")],
    *[("otto", f"state=accepted&urgency=urgent&sort=oldest{whose}") for whose in ("", "&technician=mine")],
    *[("tom", f"due=week{whose}") for whose in ("", "&technician=mine", "&state=open&sort=latest")],
    *[("ada", f"release_from=2025-07-01&release_to=2025-07-09{more}") for more in ("", "&sort=latest")],
    *[("tom", f"{day}&technician=mine") for day in ("release_from=2026-01-01", "release_to=2025-06-20")],
    *[("ada", f"state=released&release_from=2025-01-02{more}") for more in ("", "&sort=released-first")],
]


@pytest.mark.parametrize(("name", "query"), ALONG_ONE_INDEX)
def test_what_an_index_holds_is_found_along_it(name, query):
    plans = CasePlans(lambda: show(name, query))

    assert plans.whole_table == []
    # Counted and shown. Drafts are skipped, and all of the few on hold may be read.
    assert plans.rows_touched <= (MAX_COUNTED + 1 + PER_PAGE) * 1.6


@pytest.mark.parametrize("sort", ["newest", "oldest"])
@pytest.mark.parametrize("name", ["mia", "olga"])
def test_a_members_whole_list_is_read_as_far_as_it_is_counted(name, sort):
    plans = CasePlans(lambda: show(name, f"sort={sort}"))

    assert plans.whole_table == []
    # Counted and shown. Every other case is hidden. For Olga, who has nearly all cases, the index of all cases works as
    # well.
    assert plans.rows_touched <= (MAX_COUNTED + 1 + PER_PAGE) * 2.2


AMONG_THE_LATEST = [
    *[("ada", f"q={text}") for text in ("Question", "nothing", "Question+1")],
    *[("ada", f"q=nothing&state={state}") for state in ("submitted", "accepted", "scheduled", "held", "released")],
    *[("ada", query) for query in ("urgency=urgent", "urgency=urgent&state=accepted", "urgency=urgent&state=held")],
    *[("tom", query) for query in ("q=nothing", "q=nothing&technician=mine", "urgency=urgent&technician=mine")],
    *[("tom", query) for query in ("technician=nobody", "technician=nobody&state=submitted", "due=today&q=nothing")],
    *[("otto", query) for query in ("technician=mine&state=submitted", "technician=mine&q=nothing")],
    *[("ada", query) for query in ("member=mia", "member=mia&state=held", "member=olga&q=nothing&sort=oldest")],
    *[("mia", f"state={state}") for state in ("accepted", "open", "released")],
    *[("ada", f"{PENSION}&{query}") for query in ("state=released", "q=nothing", "urgency=urgent", "due=today")],
    *[("tom", f"{query}&state=scheduled") for query in (PENSION, "type=general")],
    *[("tom", f"{query}&technician=mine") for query in (PENSION, "type=general")],
    *[("ada", query) for query in ("type=general", "type=general&state=released", "type=general&q=nothing")],
    *[("mia", query) for query in (PENSION, "type=general&state=released")],
    *[("ada", query) for query in ("q=mia", "q=L-149", "q=mia&state=held", "member=MIA")],
    *[("ada", f"age={age}") for age in ("over-7", "over-90", "last-30")],
    *[("tom", f"age=over-30&state={state}") for state in ("open", "submitted", "accepted", "scheduled", "held")],
    *[("tom", query) for query in ("state=open", "state=open&technician=mine", "state=open&urgency=normal")],
    *[("tom", query) for query in ("held_by=approval", "held_by=report&technician=mine")],
    *[("ada", f"state={state}&urgency=normal") for state in ("scheduled", "released")],
    *[("ada", f"release_from=2025-06-12&{query}") for query in ("q=nothing", "urgency=normal", "technician=nobody")],
    # A range on two columns: the matches are read and sorted.
    ("tom", "state=released&release_from=2025-01-01&release_to=2025-01-01&technician=mine"),
    *[("tom", f"state=released&{query}") for query in ("urgency=urgent", "q=nothing&sort=released-first")],
    *[("ada", f"due=unopened&{query}") for query in ("q=nothing", "age=over-30", "member=mia")],
    *[
        ("olga", query)
        for query in ("q=L-77", "q=nothing", "state=released", "state=open&sort=oldest", "urgency=urgent")
    ],
]


@pytest.mark.parametrize(("name", "query"), AMONG_THE_LATEST)
def test_everything_else_is_looked_for_among_the_latest(name, query):
    plans = CasePlans(lambda: show(name, query))

    assert plans.whole_table == []
    # The first of the latest, the count, and the page. Half of Olga's cases are hidden from her.
    assert plans.rows_touched <= 4 * case_list.SEARCHED * (2 if name == "olga" else 1)


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


# Except for Olga, who owns nearly all cases: hers are sorted.
@pytest.mark.parametrize("name", ["mia", "tom", "otto", "ada"])
def test_a_dashboard_reads_what_it_counts(name):
    user = User.objects.get(username=name)

    plans = CasePlans(lambda: dashboard.groups_for(user))

    assert plans.whole_table == []
    # The first of each section, the count of each, and the cases themselves.
    assert plans.rows_touched <= 7 * (MAX_COUNTED + 1) * 2


def search_words(text: str, *, by: str = "ada") -> None:
    user = User.objects.get(username=by)
    search.find_by_words(search.asked_words(text, user))


# How many rows of words are read: the results, one block more for a common word, and nothing for words that never occur
# together.
SEARCHES = {
    "pension": 150,
    "question": search_index.BLOCK,
    "que pens": 150,
    "mia": 1500,
    "pension nothing": 0,
    "l 77": 1111,
}


@pytest.mark.parametrize("text", SEARCHES)
def test_a_word_leads_to_its_cases_along_the_index_of_words(text):
    plans = Plans(lambda: search_words(text), "cases_casewords")

    assert plans.whole_table == []
    assert plans.indexes >= {"cases_casewords_words"}
    read = [scan for scan in plans.scans if scan["Node Type"] == "Bitmap Heap Scan"]
    assert sum(int(scan["Actual Loops"] * scan["Actual Rows"]) for scan in read) <= SEARCHES[text] * 1.3 + 10


@pytest.mark.parametrize(("name", "text"), [("ada", "question"), ("tom", "pension"), ("ada", "l-149"), ("mia", "what")])
def test_the_search_over_everything_reads_no_table(name, text):
    user = User.objects.get(username=name)

    for table in ("cases_case", "cases_casewords"):
        plans = Plans(lambda: global_search.find(user, text), table)
        assert plans.whole_table == []


def test_a_members_search_reads_the_words_of_their_visible_cases_alone():
    """Half of Mia's 1,500 cases are released, and the others are hidden."""
    mia = User.objects.get(username="mia")
    visible = Case.objects.visible_to(mia).count()

    plans = Plans(lambda: show("mia", "q=nothing"), "cases_casewords")

    assert plans.indexes >= {"cases_casewords_pkey"}
    assert "cases_casewords_words" not in plans.indexes
    read = [scan for scan in plans.scans if scan.get("Relation Name") == "cases_casewords"]
    # For the count and for the page.
    assert sum(scan["Actual Loops"] for scan in read) <= 2 * visible


@pytest.mark.parametrize("name", ["tom", "ada"])
def test_a_rail_reads_what_it_counts(name):
    user = User.objects.get(username=name)
    pension = CaseType.objects.get(name="Pension").pk
    for query in (f"type={pension}", "technician=mine", "q=nothing"):
        saved_views.create(by=user, source="web", name=query, query=query)

    plans = CasePlans(lambda: saved_view_rail.rail_of(CaseFilter(QueryDict(""), by=user), user))

    assert len(plans.statements) == 1
    assert plans.whole_table == []
    assert plans.rows_touched <= 9 * (MAX_COUNTED + 1)
