"""The bulk action that spreads releases over days."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence

from cases.core.errors import CaseError
from cases.core.release_days import DAY
from cases.core.schedule import Schedule
from cases.releases.bulk.operation import Item, Job
from cases.releases.bulk.scheduling import Scheduling
from cases.releases.schedule_policy import check_choice

# A case that can't have its day stays on its own, and the others are planned again around it. Each round can push more
# cases to days they can't have, so the number of rounds is limited.
PASSES = 10


class Spread(Scheduling):
    """Spreads the cases over open days from the chosen date on, a number per day, in the order of the list.

    The time stays. A selected case that stays on such a day also takes a place there, wherever it is in the list.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._first = self.chosen.date or dt.date.max
        self._staying: Counter[dt.date] = Counter()
        self._planned: dict[int, dt.date] = {}
        self._refused: dict[int, CaseError] = {}
        # Earlier results for a type, a day and a time.
        self._known: dict[tuple[int | None, Schedule], CaseError | None] = {}

    def survey(self, chunks: Iterable[Sequence[Item]]) -> None:
        """Plan all cases that may move, around those that stay."""
        moving = [item for items in chunks for item in self._moving(items)]
        for _pass in range(PASSES):
            self._plan_all(moving)
            late = [item for item in moving if item.case.pk in self._refused]
            if not any(self._stays_on_such_a_day(item) for item in late):
                return
            moving = [item for item in moving if item.case.pk not in self._refused]
            self._count_as_staying(late)

    def plan(self, item: Item) -> None:
        if error := self._refused.get(item.case.pk):
            raise error
        if item.case.pk not in self._planned:  # it could not be moved a moment ago
            raise self.changed_since()
        item.row.to_date, item.row.to_time = self._planned[item.case.pk], item.case.scheduled_release_time

    def _moving(self, items: Sequence[Item]) -> list[Item]:
        """Return the items that the person may move at all, and count the others on their present days."""
        self.load(items)
        moving, staying = [], []
        for item in items:
            try:
                self.rule(item)
            except CaseError:
                staying.append(item)
            else:
                moving.append(item)
        self._count_as_staying(staying)
        return moving

    def _plan_all(self, moving: Sequence[Item]) -> None:
        """Plan the day of each item. Items that can't have theirs take no place on it."""
        taken, date = self._staying.copy(), self._first
        self._planned = {}
        for item in moving:
            date = self._next_with_a_place(date, taken)
            if error := self._refusal(item, Schedule(date, item.case.scheduled_release_time)):
                self._refused[item.case.pk] = error
            else:
                taken[date] += 1
                self._planned[item.case.pk] = date

    def _next_with_a_place(self, date: dt.date, taken: Counter[dt.date]) -> dt.date:
        while date <= self.days.last and (day := self.days.next_open(date)):
            if taken[day] < self.chosen.most_a_day:
                return day
            date = day + DAY
        return date  # it will be refused as too far away or closed

    def _refusal(self, item: Item, wanted: Schedule) -> CaseError | None:
        key = item.case.case_type_id, wanted
        if key not in self._known:
            by, now, reason = self.job.by, self.job.now, self.reason(item.row)
            self._known[key] = None
            try:
                check_choice(wanted, case=item.case, by=by, reason=reason, now=now, days=self.days)
            except CaseError as error:
                self._known[key] = error
        return self._known[key]

    def _stays_on_such_a_day(self, item: Item) -> bool:
        date = item.case.scheduled_release_date if item.case.is_pending else None
        return date is not None and date >= self._first

    def _count_as_staying(self, items: Sequence[Item]) -> None:
        for item in items:
            if item.case.is_pending and item.case.scheduled_release_date:
                self._staying[item.case.scheduled_release_date] += 1
