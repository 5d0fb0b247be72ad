"""Release status: what is late, failing or on hold, and what is released next."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.lifecycle import release_stop
from cases.lifecycle.why_not_yet import Verdict, verdicts
from cases.models import Case, CaseQuerySet, ReleaseStop
from cases.models.case_states import ARMED, HELD, RELEASE_FAILS, SCHEDULED
from cases.monitoring.problems import FAILING, RELEASE_STOP, UPCOMING, Problem
from cases.releases.wakeup_slots import Slot
from cases.releases.wakeups import LOOK_AHEAD
from cases.selectors.pagination import MAX_COUNTED, CappedCount

ROWS = 20
# The next sweep arms what is coming up. An instant that is nearer than this and not armed needs attention.
ARMED_LATE = LOOK_AHEAD - 1.5 * dt.timedelta(seconds=settings.SWEEP_INTERVAL)


@dataclass
class UpcomingInstant:
    """One instant within the look-ahead, the end of its slot: its cases, and the ETA tasks published for them."""

    at: dt.datetime
    cases: CappedCount = field(default_factory=lambda: CappedCount(0))
    armed: CappedCount = field(default_factory=lambda: CappedCount(0))


@dataclass(frozen=True)
class WaitingCase:
    """A row of a list: a case that has reached its release date, and why it isn't released."""

    case: Case
    verdict: Verdict


@dataclass(frozen=True)
class ReleaseStatus:
    """The releases at the aware datetime `now`. While there is a `stop`, `due` wait for its end.

    Without `has_wakeups` no ETA task is expected, because the command sweeps and there are no workers.
    """

    now: dt.datetime
    stop: ReleaseStop | None
    due: CappedCount
    due_since: dt.datetime | None
    held: CappedCount
    held_by_conditions: list[WaitingCase]
    held_by_conditions_count: CappedCount
    failing: list[WaitingCase]
    failing_count: CappedCount
    upcoming: list[UpcomingInstant]
    armed: CappedCount
    has_wakeups: bool = True

    @property
    def unarmed(self) -> list[UpcomingInstant]:
        """The upcoming instants without an ETA task that a sweep should have armed."""
        if not (self.has_wakeups and settings.RELEASE_ETA_PER_INSTANT):
            return []
        return [slot for slot in self.upcoming if not slot.armed and slot.at - self.now < ARMED_LATE]

    @property
    def problems(self) -> list[Problem]:
        """What needs attention."""
        found = []
        due, failing = self.due, self.failing_count
        if self.stop:
            text = ngettext(
                "All releases are stopped. %(n)s case is waiting.",
                "All releases are stopped. %(n)s cases are waiting.",
                due.number,
            )
            found.append(Problem(text % {"n": due}, RELEASE_STOP))
        elif due:
            text = ngettext("%(n)s case is overdue for release.", "%(n)s cases are overdue for release.", due.number)
            found.append(Problem(text % {"n": due}, UPCOMING))
        if failing:
            text = ngettext("%(n)s case can't be released.", "%(n)s cases can't be released.", failing.number)
            found.append(Problem(text % {"n": failing}, FAILING))
        if self.unarmed:
            found.append(Problem(_("Some releases in the next minute may be a few seconds late."), UPCOMING))
        return found


def release_status(cases: CaseQuerySet, now: dt.datetime, *, has_wakeups: bool = True) -> ReleaseStatus:
    """Return the status of the releases among `cases` at `now`. No statement reads more than MAX_COUNTED + 1 rows."""
    failing = cases.filter(RELEASE_FAILS).order_by("release_next_try")
    by_index = ("scheduled_release_date", "scheduled_release_time")
    waiting = cases.held_by_conditions(now).order_by(*by_index, "pk")
    slots = _slots(cases, now)
    due = [slot for slot in slots if slot.at <= now]
    return ReleaseStatus(
        now=now,
        stop=release_stop.current(),
        due=CappedCount(min(sum(slot.cases.number for slot in due), MAX_COUNTED + 1)),
        due_since=due[0].at if due else None,
        held_by_conditions=waiting_cases(waiting[:ROWS], now),
        held_by_conditions_count=CappedCount.of(waiting),
        held=CappedCount.of(cases.filter(HELD).order_by("-pk")),
        failing=waiting_cases(failing[:ROWS], now),
        failing_count=CappedCount.of(failing),
        upcoming=[slot for slot in slots if slot.at > now],
        armed=CappedCount.of(cases.filter(SCHEDULED, ARMED).order_by(*by_index)),
        has_wakeups=has_wakeups,
    )


def waiting_cases(cases: CaseQuerySet, now: dt.datetime) -> list[WaitingCase]:
    """Return a few `cases`, each with its verdict at `now`. Four statements, or one if there are no cases."""
    rows = list(cases.select_related("member", "assigned_to"))
    found = verdicts(rows, now=now) if rows else {}
    return [WaitingCase(case, found[case.pk]) for case in rows]


def _slots(cases: CaseQuerySet, now: dt.datetime) -> list[UpcomingInstant]:
    """Return what is due at the end of the look-ahead, by instant, the earliest first."""
    found: dict[dt.datetime, UpcomingInstant] = {}
    # A case that failed and waits for its next attempt is not due, even if that attempt is within the look-ahead.
    for index_range in cases.exclude(release_next_try__gt=now).due_index_ranges(now + LOOK_AHEAD):
        for at, number in _by_instant(index_range).items():
            slot = found.setdefault(at, UpcomingInstant(at))
            slot.cases = CappedCount(slot.cases.number + number)
        for at, number in _by_instant(index_range.filter(ARMED)).items():
            slot = found.setdefault(at, UpcomingInstant(at))
            slot.armed = CappedCount(slot.armed.number + number)
    return [found[at] for at in sorted(found)]


def _by_instant(due: CaseQuerySet) -> Counter[dt.datetime]:
    counts = Counter(due.values_list("scheduled_release_date", "scheduled_release_time")[: MAX_COUNTED + 1])
    by_instant: Counter[dt.datetime] = Counter()
    for (date, time), number in counts.items():
        if date:
            by_instant[Slot.at(date, time).ends] += number
    return by_instant
