"""A portal with many cases, written by one statement, for plans and measurements of lists."""

import datetime as dt

from django.db import connection

from cases.models import CaseType, User

# Of a hundred cases one is a draft, one submitted, one accepted, three on hold (and those are old ones), 44 scheduled
# and 50 released. One in a thousand is urgent. Tom has an eleventh of all, Otto fifty old ones, Mia a hundredth (half
# of them scheduled, half released), Olga the others. A third is of the type Pension.
FILL = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %(cases)s)
INSERT INTO cases_case (external_case_id, member_id, assigned_to_id, status, urgency, title, title_folded,
    description, date_created,
    date_accepted, scheduled_release_date, actual_release_date, schedule_revision, release_number, release_error,
    release_attempts, case_type_id)
SELECT 'L-' || n, CASE WHEN n %% 200 IN (7, 157) THEN %(mia)s ELSE %(olga)s END,
    CASE WHEN n %% 100 < 2 THEN NULL WHEN n < 10000 AND n %% 200 = 50 THEN %(otto)s WHEN n %% 11 = 2 THEN %(tom)s
        ELSE %(other)s END,
    CASE n %% 100 WHEN 0 THEN 'draft' WHEN 1 THEN 'submitted' WHEN 2 THEN 'accepted' ELSE 'completed' END,
    CASE WHEN n %% 1000 IN (2, 503) THEN 'urgent' ELSE 'normal' END, 'Question ' || n,
    'question ' || n, '', CURRENT_TIMESTAMP,
    CASE WHEN n %% 100 > 1 THEN {minutes after 2025} END,
    CASE WHEN n %% 100 > 5 THEN {days from today}
         WHEN n %% 100 > 2 AND n > 50000 THEN {today} END,
    CASE WHEN n %% 100 > 49 THEN {seconds after 2025} END, 1, 0, '', 0,
    CASE WHEN n %% 3 = 0 THEN CAST(%(pension)s AS bigint) END
FROM numbers
"""
MINUTES = "CAST(n AS bigint) * 7919 %% 150000"
DAYS = "1 + n %% 300 - CASE WHEN n %% 100 > 49 THEN 400 ELSE 0 END"
MOMENTS = {
    "postgresql": {
        "minutes after 2025": f"timestamptz '2025-01-01' + ({MINUTES}) * interval '1 minute'",
        "seconds after 2025": "timestamptz '2025-01-01' + n * interval '1 second'",
        "days from today": f"date %(today)s + {DAYS}",
        "today": "date %(today)s",
    },
    "sqlite": {
        "minutes after 2025": f"datetime('2025-01-01', ({MINUTES}) || ' minutes')",
        "seconds after 2025": "datetime('2025-01-01', n || ' seconds')",
        "days from today": f"date(%(today)s, ({DAYS}) || ' days')",
        "today": "date(%(today)s)",
    },
}
# Each has its title, and one in a thousand has a rarer word.
WORDS = """
INSERT INTO cases_casewords (case_id, member, title, description)
SELECT id, ' @' || member_id, ' l ' || substr(external_case_id, 3) || ' question',
    CASE WHEN id % 1000 = 7 THEN ' pension' ELSE ' what' END
FROM cases_case
"""


def fill(count: int, today: dt.date) -> None:
    """Create `count` cases, their people and a type, and have PostgreSQL vacuum and analyze them, as autovacuum would.

    Most schedules are after `today`. The usernames are mia, olga, tom, otto, other and ada.
    """
    roles = {"mia": "member", "olga": "member", "tom": "technician", "otto": "technician"}
    roles |= {"other": "technician", "ada": "administrator"}
    keys = {name: User.objects.create(username=name, role=role).pk for name, role in roles.items()}
    keys["pension"] = CaseType.objects.create(name="Pension").pk
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(**MOMENTS[connection.vendor]), keys | {"cases": count, "today": today})
        if connection.vendor == "postgresql":
            # Without this, the key of each word would be looked up as when the table was small: by reading all of it.
            cursor.execute("DISCARD PLANS")
        cursor.execute(WORDS)
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
