"""The operations page reads only index ranges, with 200,000 cases pending (docs/rules.md, 9)."""

import datetime as dt

import pytest

from cases.models import Case
from cases.monitoring.release_status import release_status
from cases.selectors.pagination import MAX_COUNTED
from tests.unit.db.test_query_plans import Plans, at, many_cases  # noqa: F401  (the fixture fills the table)

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

# Held, failing, armed, held by conditions and those rows, and three index ranges of the look-ahead, once for all and
# once for armed ones.
STATEMENTS = 11
INDEXES = {"case_ready", "case_due", "case_armed", "case_held", "case_failing", "case_held_by_conditions"}


@pytest.mark.parametrize(
    ("default", "now"),
    [("23:30", at("12:00")), ("23:30", at("17:59:30")), ("18:00", at("17:59:30")), ("00:00", at("12:00"))],
    ids=["nothing near", "a minute of the evening", "with the wave of the default time", "a day's wave is overdue"],
)
def test_a_look_at_the_moment_reads_no_more_than_it_counts(settings, default, now):
    settings.RELEASE_TIME_OF_DAY = dt.time.fromisoformat(default)

    plans = Plans(lambda: release_status(Case.objects.all(), now))

    assert plans.whole_table == []
    # A case is shown with the names of its people.
    assert plans.indexes <= INDEXES | {"cases_user_pkey"}
    assert plans.rows_touched <= STATEMENTS * (MAX_COUNTED + 1)
