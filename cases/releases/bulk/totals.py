"""What a bulk operation would mean as a whole: emails to members, and days with many releases."""

import datetime as dt
from collections import Counter

from django.conf import settings

from cases.core.schedule import date_of
from cases.db.bulk import ids_as_rows
from cases.db.first_rows import first_rows
from cases.models import BulkRow, Case, User
from cases.models.case_states import SCHEDULED
from cases.releases.bulk.operation import Item, Operation

# The most crowded days that a run stores, and the most days that are checked, beginning with those with the most cases.
MAX_CROWDED_DAYS = 60
MAX_DAYS_CHECKED = 400
# Days are counted together. Each takes two parts of a statement, and SQLite allows 500.
DAYS_PER_STATEMENT = 100
# The most releases of a day that are counted beyond those that make it crowded.
MAX_COUNTED_BEYOND = 1000


class Totals:
    """Adds up the rows that will be changed."""

    def __init__(self, now: dt.datetime) -> None:
        self._today = date_of(now)
        self._members: set[int] = set()
        self._arriving: Counter[dt.date] = Counter()
        self._leaving: Counter[dt.date] = Counter()

    def add(self, item: Item, operation: Operation) -> None:
        """Add one row."""
        row, case = item.row, item.case
        if row.verdict != BulkRow.Code.WILL:
            return
        if operation.tells_member(item):
            self._members.add(case.member_id)
        if operation.moves and row.to_date:
            self._arriving[row.to_date] += 1
        if operation.moves and case.scheduled_release_date:
            self._leaving[case.scheduled_release_date] += 1

    def mails(self) -> int:
        """Return how many members would get an email."""
        members = User.objects.filter(pk__in=ids_as_rows(sorted(self._members)), is_active=True)
        return members.exclude(email="").count() if self._members else 0

    def crowded(self) -> list[tuple[str, int, bool]]:
        """Return the days that would have more than RELEASE_CROWDED_DAY releases, as BulkRun keeps them."""
        days = [day for day, _count in self._arriving.most_common(MAX_DAYS_CHECKED)]
        crowded = []
        for start in range(0, len(days), DAYS_PER_STATEMENT):
            crowded += self._crowded_of(days[start : start + DAYS_PER_STATEMENT])
        return sorted(crowded)[:MAX_CROWDED_DAYS]

    def _crowded_of(self, days: list[dt.date]) -> list[tuple[str, int, bool]]:
        most = settings.RELEASE_CROWDED_DAY
        cap = most + MAX_COUNTED_BEYOND + max(self._leaving[day] for day in days)
        scheduled = Case.objects.filter(SCHEDULED).order_by("scheduled_release_date", "scheduled_release_time", "id")
        found = first_rows([scheduled.filter(scheduled_release_date=day) for day in days], rows=1, cap=cap)
        counts = {day: (count, count >= cap) for day, (_ids, count) in zip(days, found, strict=True)}
        after = {day: count - self._leaving[day] + self._arriving[day] for day, (count, _is_more) in counts.items()}
        return [(day.isoformat(), after[day], counts[day][1]) for day in days if after[day] > most]
