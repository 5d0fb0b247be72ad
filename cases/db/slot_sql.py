"""The statement that walks a day slot by slot, for each kind of database (cases.releases.wakeup_slots)."""

LENGTH = 50_000  # microseconds
LAST_MOMENT = 86_399_999_999  # of a day, in microseconds
LAST_NUMBER = LAST_MOMENT // LENGTH + 1

COLUMNS = ("id", "scheduled_release_date", "scheduled_release_time", "schedule_revision", "announced_revision")

_OF_THE_DAY = (
    'FROM "cases_case" WHERE "actual_release_date" IS NULL AND "scheduled_release_date" IS NOT NULL'
    ' AND "scheduled_release_date" = %(day)s'
)
# This order leaves the planner only the index case_due, whatever the statistics say (tests/unit/releases).
_BY_INDEX = 'ORDER BY "scheduled_release_date", "scheduled_release_time", "id"'
# Jumps from one slot with cases to the next, one index probe each. Then reads the first cases of each slot.
_STATEMENT = f"""
WITH RECURSIVE "slot"("number") AS (
    SELECT (SELECT {{number}} {_OF_THE_DAY}
        AND "scheduled_release_time" >= %(first)s AND "scheduled_release_time" <= %(last)s {_BY_INDEX} LIMIT 1)
    UNION ALL
    SELECT (SELECT {{number}} {_OF_THE_DAY}
        AND "scheduled_release_time" >= {{after}} AND "scheduled_release_time" <= %(last)s {_BY_INDEX} LIMIT 1)
    FROM "slot" WHERE "number" < {LAST_NUMBER}
)
SELECT {", ".join(f'"case"."{column}"' for column in COLUMNS)} FROM "slot" {{join}} WHERE "slot"."number" IS NOT NULL
ORDER BY "case"."scheduled_release_date", "case"."scheduled_release_time", "case"."id"
"""  # noqa: S608
_FIRST_CASES = f"""{_OF_THE_DAY} AND "scheduled_release_time" >= %(first)s
    AND "scheduled_release_time" >= {{begins}} AND "scheduled_release_time" <= {{ends}} {_BY_INDEX} LIMIT %(limit)s"""

_BEGINS = f'({LENGTH} * ("number" - 1) + 1)'
_ENDS = f'({LENGTH} * "number")'


def _statement(*, number: str, time: str, least: str, greatest: str, join: str) -> str:
    ends = time.format(f"{least}({_ENDS}, {LAST_MOMENT})")
    cases = _FIRST_CASES.format(begins=time.format(f"{greatest}({_BEGINS}, 0)"), ends=ends)
    return _STATEMENT.format(number=number, after=time.format(f"({_ENDS} + 1)"), join=join.format(cases=cases))


FIRST_OF_EACH_SLOT = {
    "postgresql": _statement(
        number=f'((extract(epoch FROM "scheduled_release_time") * 1000000)::bigint + {LENGTH - 1}) / {LENGTH}',
        time="(time '00:00' + {0} * interval '1 microsecond')",
        least="least",
        greatest="greatest",
        join='CROSS JOIN LATERAL (SELECT * {cases}) AS "case"',
    ),
    # SQLite stores times as text, with six digits after the point or none.
    "sqlite": _statement(
        number="(((substr({t}, 1, 2) * 60 + substr({t}, 4, 2)) * 60 + substr({t}, 7, 2)) * 1000000"
        " + substr(substr({t}, 10) || '000000', 1, 6) + {round_up}) / {length}".format(
            t='"scheduled_release_time"', round_up=LENGTH - 1, length=LENGTH
        ),
        time="replace(printf('%%02d:%%02d:%%02d.%%06d', {0} / 3600000000, {0} / 60000000 %% 60, {0} / 1000000 %% 60,"
        " {0} %% 1000000), '.000000', '')",
        least="min",
        greatest="max",
        join='JOIN "cases_case" AS "case" ON "case"."id" IN (SELECT "id" {cases})',
    ),
}
