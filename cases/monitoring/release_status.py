"""How the releases are at this moment: what is late, what failed, what is held, what comes next."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Case, CaseQuerySet
from cases.models.case import ARMED, HELD, RELEASE_FAILS, SCHEDULED
from cases.releases.slots import Slot
from cases.releases.wakeups import LOOK_AHEAD
from cases.selectors.capped import MOST, Capped

ROWS = 20
# The look-ahead arms at the next sweep; this much later somebody should look.
ARMED_LATE = LOOK_AHEAD - 1.5 * dt.timedelta(seconds=settings.SWEEP_INTERVAL)


@dataclass
class Instant:
    """One instant within the look-ahead, the end of its slot: how many cases there are, and how many ETA tasks wake a
    worker for them."""

    at: dt.datetime
    cases: Capped = field(default_factory=lambda: Capped(0))
    armed: Capped = field(default_factory=lambda: Capped(0))


@dataclass(frozen=True)
class Present:
    """The releases at the aware datetime `now`."""

    now: dt.datetime
    due: Capped
    due_since: dt.datetime | None
    held: Capped
    failing: list[Case]
    failing_count: Capped
    upcoming: list[Instant]
    armed: Capped

    @property
    def unarmed(self) -> list[Instant]:
        """The near instants that no ETA task announces, though the sweep has had its turn to arm them."""
        if not settings.RELEASE_ETA_PER_INSTANT:
            return []
        return [slot for slot in self.upcoming if not slot.armed and slot.at - self.now < ARMED_LATE]

    @property
    def problems(self) -> list[str]:
        """What somebody should look at, as sentences."""
        found = []
        due, failing = self.due, self.failing_count
        if due:
            text = ngettext("%(n)s case is due and not released.", "%(n)s cases are due and not released.", due.number)
            found.append(text % {"n": due})
        if failing:
            text = ngettext("The release of %(n)s case fails.", "The release of %(n)s cases fails.", failing.number)
            found.append(text % {"n": failing})
        if self.unarmed:
            found.append(_("Releases of the next minute have no ETA task; the sweep will release them."))
        return found


def present(cases: CaseQuerySet, now: dt.datetime) -> Present:
    """How the releases among `cases` are at `now`. No statement reads more than MOST rows."""
    failing = cases.filter(RELEASE_FAILS).order_by("release_next_try")
    by_index = ("scheduled_release_date", "scheduled_release_time")
    slots = _slots(cases, now)
    due = [slot for slot in slots if slot.at <= now]
    return Present(
        now=now,
        due=Capped(min(sum(slot.cases.number for slot in due), MOST + 1)),
        due_since=due[0].at if due else None,
        held=Capped.of(cases.filter(HELD).order_by("-pk")),
        failing=list(failing[:ROWS]),
        failing_count=Capped.of(failing),
        upcoming=[slot for slot in slots if slot.at > now],
        armed=Capped.of(cases.filter(SCHEDULED, ARMED).order_by(*by_index)),
    )


def _slots(cases: CaseQuerySet, now: dt.datetime) -> list[Instant]:
    """What is due at the end of the look-ahead, by instant, the earliest first."""
    found: dict[dt.datetime, Instant] = {}
    # What failed and waits for its next try is not due, even if that comes within the look-ahead.
    for stretch in cases.exclude(release_next_try__gt=now).due_stretches(now + LOOK_AHEAD):
        for at, number in _by_instant(stretch).items():
            slot = found.setdefault(at, Instant(at))
            slot.cases = Capped(slot.cases.number + number)
        for at, number in _by_instant(stretch.filter(ARMED)).items():
            slot = found.setdefault(at, Instant(at))
            slot.armed = Capped(slot.armed.number + number)
    return [found[at] for at in sorted(found)]


def _by_instant(stretch: CaseQuerySet) -> Counter[dt.datetime]:
    counts = Counter(stretch.values_list("scheduled_release_date", "scheduled_release_time")[: MOST + 1])
    by_instant: Counter[dt.datetime] = Counter()
    for (date, time), number in counts.items():
        if date:
            by_instant[Slot.at(date, time).ends] += number
    return by_instant
