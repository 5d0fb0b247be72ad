"""Changing the portal's clock: its zone and RELEASE_TIME_OF_DAY, and with them every release that is scheduled.

The change is one transaction that locks all cases, so that nothing is released or scheduled by one clock while
schedules are stored by the other.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cases.core.calendar_periods import FIRST_DATE, LAST_DATE
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.core.schedule import Schedule
from cases.core.wall_clock import WallClock, time_text
from cases.db.bulk import ids_as_rows
from cases.lifecycle import condition_sets, portal_history
from cases.lifecycle.condition_sets import Recorders
from cases.lifecycle.history import EventRecorder
from cases.lifecycle.locking import lock_all_cases
from cases.models import Case, CaseEvent, PortalClock, PortalEvent
from cases.models.case_states import SCHEDULED
from cases.releases.approvals import keep_approvals
from cases.releases.notices import forget_told, tell_of_events, tell_of_reached_held

BATCH = 2000
# The most moves that are listed. All are counted.
MAX_MOVES_LISTED = 20


class Keep(StrEnum):
    """What a release keeps when its clock changes: the date and time that people read, or the moment."""

    WALL_CLOCK = "wall-clock"
    INSTANTS = "instants"


@dataclass(frozen=True)
class ClockSetting:
    """The settings of the portal's clock: the name of a zone, and RELEASE_TIME_OF_DAY."""

    time_zone: str
    time_of_day: dt.time

    @property
    def clock(self) -> WallClock:
        return WallClock(ZoneInfo(self.time_zone), self.time_of_day)

    def as_json(self) -> dict[str, str]:
        return {"time_zone": self.time_zone, "release_time_of_day": time_text(self.time_of_day)}

    def __str__(self) -> str:
        return f"{self.time_zone}, {time_text(self.time_of_day)}"


@dataclass(frozen=True)
class Change:
    """The old and the new clock, and what scheduled releases keep."""

    old: ClockSetting
    new: ClockSetting
    keep: Keep

    @property
    def reason(self) -> str:
        """For the history of a case."""
        return f"The portal's clock was changed from {self.old} to {self.new}, keeping {self.keep}."

    def as_json(self) -> dict[str, Any]:
        """Return the change for the history of the portal."""
        return {"from": self.old.as_json(), "to": self.new.as_json(), "keep": self.keep.value}


@dataclass(frozen=True)
class Move:
    """One scheduled release before and after: its wall clock time, and the corresponding moment."""

    case: Case
    old: Schedule
    old_instant: dt.datetime
    new: Schedule
    new_instant: dt.datetime

    @property
    def changes(self) -> bool:
        """Whether anything is different."""
        return (self.old, self.old_instant) != (self.new, self.new_instant)

    def is_reached(self, now: dt.datetime) -> bool:
        """Tell whether only the change puts the moment in the past."""
        return self.new_instant <= now < self.old_instant


@dataclass
class Effect:
    """What a change does: how many releases are scheduled, how many of them change and how, and the first of these."""

    pending: int = 0
    changed: int = 0
    earlier: int = 0
    later: int = 0
    due_at_once: int = 0
    listed: list[Move] = field(default_factory=list)

    def add(self, moves: list[Move], *, pending: int, now: dt.datetime) -> None:
        """Add `pending` more cases and their `moves`."""
        self.pending += pending
        self.changed += len(moves)
        self.earlier += sum(move.new_instant < move.old_instant for move in moves)
        self.later += sum(move.new_instant > move.old_instant for move in moves)
        self.due_at_once += sum(move.is_reached(now) for move in moves)
        self.listed += moves[: MAX_MOVES_LISTED - len(self.listed)]


def stored_setting() -> ClockSetting | None:
    """Return the settings of the portal's clock in the database, or None if nothing is stored."""
    row = PortalClock.objects.filter(pk=PortalClock.ONLY).first()
    return ClockSetting(row.time_zone, row.release_time_of_day) if row else None


def preview(change: Change) -> Effect:
    """Return what the change would do. It changes nothing."""
    effect, now = Effect(), portal_now()
    for pending, moves in _moves(change):
        effect.add(moves, pending=pending, now=now)
    return effect


@transaction.atomic
def change_clock(change: Change, *, by: str) -> Effect:
    """Replace the old clock with the new one, and move scheduled releases so that they keep what should be kept.

    `by` names the program. History records what became of each case and of the clock. CaseError if the stored clock is
    no longer the old one.
    """
    lock_all_cases()
    if stored_setting() not in (change.old, None):
        raise CaseError(_("The portal's time zone or release time just changed. Nothing was done. Try again."))
    effect, now = Effect(), portal_now()
    for pending, moves in _moves(change):
        _store(moves, by=by, at=now, reason=change.reason)
        effect.add(moves, pending=pending, now=now)
    columns = {"time_zone": change.new.time_zone, "release_time_of_day": change.new.time_of_day}
    PortalClock.objects.update_or_create(pk=PortalClock.ONLY, defaults=columns)
    details = change.as_json() | {"changed_cases": effect.changed}
    portal_history.record(
        PortalEvent.Kind.CLOCK_CHANGED, by=by, source=PortalEvent.Source.COMMAND, at=now, details=details
    )
    return effect


def _moves(change: Change) -> Iterator[tuple[int, list[Move]]]:
    """Yield the scheduled cases batch by batch: how many, and the moves of those that change."""
    old, new, after = change.old.clock, change.new.clock, 0
    while batch := list(Case.objects.filter(SCHEDULED, pk__gt=after).order_by("pk")[:BATCH]):
        after = batch[-1].pk
        moves = [_move(case, old, new, change.keep) for case in batch]
        yield len(batch), [move for move in moves if move.changes]


def _move(case: Case, old: WallClock, new: WallClock, keep: Keep) -> Move:
    present = case.schedule
    assert present is not None  # noqa: S101
    instant = old.instant(present.date, present.time)
    wanted = present
    if keep is Keep.INSTANTS and new.instant(present.date, present.time) != instant:
        shown = new.showing(instant)
        if FIRST_DATE <= shown.date() <= LAST_DATE:
            wanted = Schedule(shown.date(), shown.time())
    return Move(case, present, instant, wanted, new.instant(wanted.date, wanted.time))


def _store(moves: list[Move], *, by: str, at: dt.datetime, reason: str) -> None:
    """Write the new schedules and the history of one batch. What was announced for the old revision is stale."""
    cases_of: dict[Schedule, list[int]] = defaultdict(list)
    for move in moves:
        cases_of[move.new].append(move.case.pk)
    for wanted, ids in cases_of.items():
        Case.objects.filter(pk__in=ids_as_rows(ids)).update(
            scheduled_release_date=wanted.date,
            scheduled_release_time=wanted.time,
            version=F("version") + 1,
            schedule_revision=F("schedule_revision") + 1,
        )
    recorders = {move.case.pk: _recorder(move, by=by, at=at) for move in moves}
    lapsed = _keep_or_lapse_approvals(moves, recorders)
    events = [recorder.event(CaseEvent.Kind.RESCHEDULED, reason=reason) for recorder in recorders.values()]
    CaseEvent.objects.bulk_create(lapsed + events)
    asking = {event.case_id for event in lapsed}
    tell_of_events([event for event in events if event.case_id in asking])
    forget_told([move.case for move in moves if move.old_instant <= at < move.new_instant], at=at)
    # The next search for such cases begins where the last one ended.
    tell_of_reached_held([recorders[move.case.pk].case for move in moves if move.is_reached(at)], at=at)


def _recorder(move: Move, *, by: str, at: dt.datetime) -> EventRecorder:
    """Return the recorder of the move. Its case is a copy, as it is after the move."""
    case = copy(move.case)
    recorder = EventRecorder(case, by=by, source=CaseEvent.Source.COMMAND, at=at)
    case.scheduled_release_date, case.scheduled_release_time = move.new.date, move.new.time
    case.schedule_revision += 1
    return recorder


def _keep_or_lapse_approvals(moves: list[Move], recorders: Recorders) -> list[CaseEvent]:
    """Return the events of approvals that lapse, not stored yet.

    An approval is of a schedule, an answer and reports (docs/conditions.md). A schedule is a date and a time on the
    wall clock: where these stay, the approval and its digest stay too. If they are written differently for the same
    moment, nothing that was approved has changed, and the approval applies to what is written now. A moment within an
    hour that the new clock shows twice becomes the end of that hour: the release changes, and the approval lapses.
    """
    rewritten = [move for move in moves if move.new != move.old]
    same = [move.case for move in rewritten if move.new_instant == move.old_instant]
    if same:
        keep_approvals(same, after={case.pk: recorders[case.pk].case for case in same})
    later = {move.case.pk for move in rewritten if move.new_instant != move.old_instant}
    lapsed = condition_sets.lapse_approvals({pk: recorders[pk] for pk in later}) if later else []
    counts = condition_sets.recount([event.case_id for event in lapsed]) if lapsed else {}
    for pk, count in counts.items():
        recorders[pk].case.open_conditions = count
    return lapsed
