"""Which cases get an ETA task, and when (docs/releases.md).

An ETA task waits in a worker's memory, and the first one of a slot releases everything that is due. So only cases that
are near enough are armed, and only a few per slot.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Case as Choose
from django.db.models import F, Value, When
from django.utils import timezone

from cases.core import schedule
from cases.core.clock import portal_now
from cases.db.bulk import ids_as_rows
from cases.delivery import celery_publisher
from cases.lifecycle import stored_clock
from cases.models import Case
from cases.models.case_states import ARMED, SCHEDULED
from cases.releases.wakeup_slots import Slot, first_of_each_slot

# At least two sweeps, so that no case that is near is missed between them.
LOOK_AHEAD = max(dt.timedelta(minutes=1), dt.timedelta(seconds=2 * settings.SWEEP_INTERVAL))
NEXT_MOMENT = dt.timedelta(microseconds=1)


def arm_after_commit(*cases: Case) -> None:
    """Publish the ETA tasks of those `cases` whose instants are near and whose slots are not full, after the commit.

    At most RELEASE_ETA_PER_INSTANT messages are published. The sweep's look-ahead publishes the others in time.
    """
    # A lambda, because Django logs the name of a robust hook that fails, and a partial has none.
    transaction.on_commit(lambda: _arm_near(cases), robust=True)


def wake_if_reached(*cases: Case) -> None:
    """Wake a worker after the commit if one of `cases` has passed its instant and no condition holds it back anymore.

    The worker releases all of them.
    """
    transaction.on_commit(lambda: _wake_one_reached(cases), robust=True)


def arm_upcoming(now: dt.datetime) -> int:
    """Publish the ETA tasks of what falls due within LOOK_AHEAD after the aware datetime `now`, up to
    RELEASE_ETA_PER_INSTANT for each slot.

    Return how many, which is zero for a clock that is not the portal's. Each is published once here, even if it was
    published when the case was scheduled, because the worker that took that message may have been killed since. The
    cost depends on the slots, not the cases.
    """
    taken: Counter[dt.datetime] = Counter()
    published = []
    for case in _upcoming(now):
        slot = Slot.of(case)
        # Counted by its end, because when the clock is set forward, an hour of slots ends at one instant.
        place = taken[slot.ends]
        taken[slot.ends] += 1
        if place >= settings.RELEASE_ETA_PER_INSTANT or case.announced_revision == case.schedule_revision:
            continue
        if not _publish(case, slot, place):
            break  # the broker accepts nothing now
        published.append(case)
    _record_announced(published, now)
    return len(published)


def arm_again(*, case_id: int, revision: int) -> bool:
    """Publish a wake-up that came too early again, if the case still waits for that same revision.

    Return whether it was published. One early wake-up leads to one new one, so that copies never multiply. None is
    published if this host's clock has reached the instant before the portal's, because its worker would run the new one
    immediately, over and over.
    """
    waiting = Case.objects.filter(SCHEDULED, stored_clock.agrees(), schedule_revision=revision)
    case = waiting.filter(pk=case_id).first()
    if case is None or (at := case.release_instant) is None or at <= timezone.now():
        return False
    return celery_publisher.publish_wake_up(case_id=case_id, revision=revision, at=at)


def _arm_near(cases: Sequence[Case]) -> None:
    """Publish the ETA tasks of the `cases` whose instants are near, as long as their slots have places left."""
    now, left = portal_now(), settings.RELEASE_ETA_PER_INSTANT
    by_slot: dict[Slot, list[Case]] = defaultdict(list)
    for case in cases:
        if (at := case.release_instant) and at - now <= settings.RELEASE_ETA_WINDOW:
            by_slot[Slot.of(case)].append(case)
    for slot, near in by_slot.items():
        if left <= 0:
            return
        armed = Case.objects.filter(ARMED, slot.schedules).order_by().values_list("pk")
        place = len(armed[: settings.RELEASE_ETA_PER_INSTANT])
        for case in near[: min(left, settings.RELEASE_ETA_PER_INSTANT - place)]:
            if not _publish(case, slot, place):
                return  # the broker accepts nothing now
            revision = case.schedule_revision
            Case.objects.filter(pk=case.pk, schedule_revision=revision).update(armed_revision=revision, armed_at=now)
            place, left = place + 1, left - 1


def _wake_one_reached(cases: Sequence[Case]) -> None:
    free = [case for case in cases if not case.open_conditions and not case.is_released]
    instants = {case: at for case in free if (at := case.release_instant)}
    if not instants:
        return
    now = portal_now()
    if reached := next((case for case, at in instants.items() if at <= now), None):
        celery_publisher.publish_wake_up(case_id=reached.pk, revision=reached.schedule_revision, at=now)


def _publish(case: Case, slot: Slot, place: int) -> bool:
    """Publish the wake-up of `case`, which has that `place` among those of its slot, counted from 0.

    The first one runs at its instant and the others at the end of the slot, when all of its cases are due, so a few are
    enough.
    """
    is_only_one = settings.RELEASE_ETA_PER_INSTANT == 1
    own = case.release_instant if place == 0 and not is_only_one else None
    return celery_publisher.publish_wake_up(case_id=case.pk, revision=case.schedule_revision, at=own or slot.ends)


def _record_announced(cases: list[Case], now: dt.datetime) -> None:
    """Record on the rows what was published. A crash between the two costs a second, harmless message."""
    by_revision: dict[int, list[int]] = defaultdict(list)
    for case in cases:
        by_revision[case.schedule_revision].append(case.pk)
    for revision, ids in by_revision.items():
        published = Case.objects.filter(pk__in=ids_as_rows(ids), schedule_revision=revision)
        with transaction.atomic():
            # The next sweep announces locked rows once more, which is cheaper than waiting for them.
            free = list(published.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
            # Cases that were armed when they were scheduled keep that moment.
            armed_at = Choose(When(armed_revision=F("schedule_revision"), then=F("armed_at")), default=Value(now))
            Case.objects.filter(pk__in=ids_as_rows(free)).update(
                armed_revision=revision, announced_revision=revision, armed_at=armed_at
            )


def _upcoming(now: dt.datetime) -> list[Case]:
    """Return the first pending cases of each slot that is reached within LOOK_AHEAD after `now`, by their instants."""
    if not settings.RELEASE_ETA_PER_INSTANT or stored_clock.mismatch():
        return []
    cases = first_of_each_slot(
        begin=schedule.reached(now) + NEXT_MOMENT,
        end=schedule.reached(now + LOOK_AHEAD),
        limit=settings.RELEASE_ETA_PER_INSTANT,
    )
    return sorted(cases, key=lambda case: case.release_instant or now)
