"""Bulk actions on the release date: to one date, by some days, from a file, and on hold."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from cases.core.errors import BadSchedule, WrongState
from cases.core.release_days import DAY, SEARCH_DAYS, ReleaseDays
from cases.core.schedule import FURTHEST_DAYS, Schedule, date_of
from cases.lifecycle import condition_sets
from cases.lifecycle.closed_days import days_between
from cases.lifecycle.permissions import Action
from cases.models import BulkRow, Case, CaseEvent, CaseType
from cases.releases.bulk.errors import Unchanged
from cases.releases.bulk.operation import CaseChange, Item, Job, Operation, record, recorders, recount, store
from cases.releases.complete_and_release import set_schedule
from cases.releases.notices import forget_former_dates
from cases.releases.reminders import remind_at_once
from cases.releases.schedule_policy import check_choice
from cases.releases.wakeups import arm_after_commit

Kind = CaseEvent.Kind
# The most days that a case may be overdue and still be shifted by working days.
PAST_DAYS = 10 * SEARCH_DAYS


class Scheduling(Operation):
    """Gives each case the date of its row. Each subclass plans these dates in its own way."""

    permission = Action.RESCHEDULE
    moves = lapses = True

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.types = CaseType.objects.in_bulk()
        today = date_of(job.now)
        self.days = days_between(today - PAST_DAYS * DAY, today + (FURTHEST_DAYS + SEARCH_DAYS) * DAY)

    def load(self, items: Sequence[Item]) -> None:
        super().load(items)
        for item in items:
            item.case.case_type = self.types.get(item.case.case_type_id or 0)

    def check(self, item: Item) -> None:
        wanted = new_schedule(item.row)
        if wanted is None:
            raise BadSchedule(_("Choose a date."), field="date")
        if wanted == item.case.schedule:
            raise Unchanged(_("This case already has this date."))
        by, now, reason = self.job.by, self.job.now, self.reason(item.row)
        check_choice(wanted, case=item.case, by=by, reason=reason, now=now, days=self.days)

    def before(self, item: Item) -> dict[str, Any]:
        return schedule_before(item.case)

    def write(self, changes: Sequence[CaseChange]) -> None:
        kinds = [Kind.SCHEDULED if change.case.is_held else Kind.RESCHEDULED for change in changes]
        move(self, changes, kinds)


class ScheduleAll(Scheduling):
    """Gives all cases the chosen date."""

    def plan(self, item: Item) -> None:
        item.row.to_date, item.row.to_time = self.chosen.date, self.chosen.time


class Shift(Scheduling):
    """Moves each case by some days, or working days, to a later or an earlier date. The time stays."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._known: dict[dt.date, dt.date] = {}

    def plan(self, item: Item) -> None:
        date = item.case.scheduled_release_date
        if date is None:
            raise WrongState(_("This case is on hold. It has no release date to move."))
        item.row.to_date = self._shifted(date)
        item.row.to_time = item.case.scheduled_release_time

    def _shifted(self, date: dt.date) -> dt.date:
        if self.chosen.working_days:
            if date not in self._known:
                self._known[date] = working_days_from(date, self.chosen.days, self.days)
            return self._known[date]
        return date + self.chosen.days * DAY


class ScheduleEach(Scheduling):
    """Gives each case the date that its row came with."""


class Hold(Operation):
    """Puts all cases on hold."""

    permission = Action.HOLD
    moves = lapses = True

    def before(self, item: Item) -> dict[str, Any]:
        return schedule_before(item.case)

    def write(self, changes: Sequence[CaseChange]) -> None:
        lapsed = write_schedules(changes)
        record(lapsed + [change.recorder.event(Kind.HELD, reason=self.reason(change.row)) for change in changes])


def new_schedule(row: BulkRow) -> Schedule | None:
    """Return the schedule that a row gives its case, or None for no date."""
    return Schedule(row.to_date, row.to_time) if row.to_date else None


def schedule_before(case: Case) -> dict[str, Any]:
    """Return the schedule of `case` as facts that an undo restores."""
    date, time = case.scheduled_release_date, case.scheduled_release_time
    return {"date": date and date.isoformat(), "time": time and time.isoformat()}


def move(operation: Operation, changes: Sequence[CaseChange], kinds: Sequence[CaseEvent.Kind]) -> None:
    """Give each case the schedule of its row, record it as an event of its kind, and arm what is coming up."""
    lapsed = write_schedules(changes)
    events = [
        change.recorder.event(kind, reason=operation.reason(change.row))
        for change, kind in zip(changes, kinds, strict=True)
    ]
    record(lapsed + events)
    arm_after_commit(*(change.case for change in changes))


def write_schedules(changes: Sequence[CaseChange], **columns: Any) -> list[CaseEvent]:
    """Give each case the schedule of its row, and set `columns`. Return the events of approvals that lapse with it."""
    for change in changes:
        set_schedule(change.case, new_schedule(change.row))
    of_case = BulkRow.objects.filter(run=changes[0].row.run_id, case=OuterRef("pk")).order_by()
    store(
        changes,
        scheduled_release_date=Subquery(of_case.values("to_date")),
        scheduled_release_time=Subquery(of_case.values("to_time")),
        schedule_revision=F("schedule_revision") + 1,
        release_error="",
        release_attempts=0,
        release_next_try=None,
        **columns,
    )
    lapsed = condition_sets.lapse_approvals(recorders(changes))
    if lapsed:
        recount(changes)
    recorder = changes[0].recorder
    forget_former_dates([change.recorder for change in changes], at=recorder.at)
    remind_at_once([change.case for change in changes], by=recorder.by, at=recorder.at)
    return lapsed


def working_days_from(date: dt.date, count: int, days: ReleaseDays) -> dt.date:
    """Return the working day that is `count` working days after `date`, or before it if negative. BadSchedule if there
    is none."""
    stride = DAY if count > 0 else -DAY
    left, found = abs(count), date
    while left:
        found += stride
        if not days.first <= found <= days.last:
            raise BadSchedule(_("There aren't enough days available for releases."), field="days")
        left -= days.is_working_day(found)
    return found
