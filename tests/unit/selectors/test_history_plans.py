"""No page of the release history reads all of it: PostgreSQL's plans with 150,000 entries, and SQLite's."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import CaseEvent, User
from cases.selectors.history import SCANNED, HistoryQuery, Place, history_page
from tests.plans import Plans
from tests.truncation import truncate

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2025, 6, 11, 12, tzinfo=dt.UTC)
CASES, EVENTS = 10_000, 150_000
FILL_CASES = """
INSERT INTO cases_case (external_case_id, member_id, status, urgency, title, title_folded, description, date_created,
    schedule_revision, release_number, release_error, release_attempts)
SELECT 'L-' || n, %(mia)s, CASE WHEN n %% 100 = 0 THEN 'draft' ELSE 'accepted' END, 'normal', '', '', '', now(),
    1, 0, '', 0
FROM generate_series(1, %(cases)s) AS n
"""
# Nine of ten are in waves of 2,000 at one moment. A few of the others are Tom's, and one in a thousand is of a rare
# kind.
FILL_EVENTS = """
INSERT INTO cases_caseevent (case_id, kind, source, at, actor_id, system_actor, reason, details, from_status, to_status,
    schedule_revision, release_number)
SELECT (SELECT min(id) FROM cases_case) + n %% %(cases)s,
    CASE WHEN n %% 10 > 0 THEN 'released' WHEN n %% 10000 = 0 THEN 'approved' ELSE 'accepted' END,
    CASE WHEN n %% 10 > 0 THEN 'sweep' WHEN n %% 50000 = 0 THEN 'link' ELSE 'web' END,
    timestamptz '2025-01-01' + (n / 2222) * interval '1 hour',
    CASE WHEN n %% 10 > 0 THEN NULL WHEN n %% 5000 = 0 THEN %(tom)s ELSE %(ada)s END,
    CASE WHEN n %% 10 > 0 THEN 'sweep' ELSE '' END, '', '{}', '', '', 1, n
FROM generate_series(1, %(events)s) AS n
"""


@pytest.fixture(scope="module", autouse=True)
def many(django_db_setup, django_db_blocker):
    """The entries, analyzed. They are deleted after the module's tests."""
    if connection.vendor != "postgresql":
        yield
        return
    with django_db_blocker.unblock():
        try:
            roles = {"mia": "member", "tom": "technician", "ada": "administrator"}
            people = {name: User.objects.create(username=name, role=role).pk for name, role in roles.items()}
            with connection.cursor() as cursor:
                cursor.execute(FILL_CASES, people | {"cases": CASES})
                cursor.execute(FILL_EVENTS, people | {"cases": CASES, "events": EVENTS})
                cursor.execute("ANALYZE")
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute(truncate("cases_case", "cases_user"))


class EventPlans(Plans):
    @property
    def whole_history(self) -> list[dict]:
        return [s for s in self.scans if s.get("Relation Name") == "cases_caseevent" and "Seq Scan" in s["Node Type"]]


def queries() -> dict[str, HistoryQuery]:
    tom = User.objects.filter(username="tom").values_list("pk", flat=True).first() or 1
    first = CaseEvent.objects.order_by("pk").values_list("case_id", flat=True).first() or 1
    return {
        "everything": HistoryQuery(),
        "releases": HistoryQuery(kind="released"),
        "a rare kind": HistoryQuery(kind="approved"),
        "a usual kind": HistoryQuery(kind="accepted"),
        "a person": HistoryQuery(person=tom),
        "a case": HistoryQuery(case=first),
        "a day": HistoryQuery(start=dt.datetime(2025, 1, 2, tzinfo=dt.UTC), end=dt.datetime(2025, 1, 3, tzinfo=dt.UTC)),
        "a bulk operation": HistoryQuery(run=7),
        "a rare channel": HistoryQuery(source="link"),
        "a person through a channel": HistoryQuery(person=tom, source="api"),
    }


NAMES = [
    "everything", "releases", "a rare kind", "a usual kind", "a person", "a case", "a day", "a bulk operation",
    "a rare channel", "a person through a channel",
]  # fmt: skip
BEHIND = {"latest": None, "deep": Place(dt.datetime(2025, 1, 2, 12, tzinfo=dt.UTC), 10**9)}


@pytest.mark.postgresql
@pytest.mark.parametrize("who", ["tom", "ada"])
@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_a_range_of_an_index(name, behind, who):
    user = User.objects.get(username=who)
    query = queries()[name]
    plans = EventPlans(lambda: history_page(query, user, behind=behind))
    assert plans.whole_history == plans.whole_table == []
    # At a moment with thousands of releases, they are sorted by key, at most a batch at a time.
    assert plans.rows_touched < 12 * SCANNED


@pytest.mark.sqlite
@pytest.mark.parametrize("name", [name for name in NAMES if name != "a case"])
def test_on_sqlite_it_is_too(name, administrator):
    query = queries()[name]
    with CaptureQueriesContext(connection) as captured:
        history_page(query, administrator, behind=BEHIND["deep"])
    steps = []
    for sql in [query["sql"] for query in captured.captured_queries if '"cases_caseevent"' in query["sql"]]:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps += [row[3] for row in cursor.fetchall()]
    assert [step for step in steps if step.startswith("SCAN") and "cases_caseevent" in step] == []
