"""Which cases get an ETA task, and when (DESIGN §4, ETA distance).

An ETA task waits in a worker's memory, and the first one of an instant releases everything that is due. So only what
is near enough is armed, and only so many of one instant.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from cases import messages, schedule, stored_clock
from cases.clock import portal_now
from cases.models import Case, CaseQuerySet
from cases.models.case import ARMED, SCHEDULED
from cases.schedule import Schedule

UNARMED = Q(armed_revision__isnull=True) | ~Q(armed_revision=F("schedule_revision"))
# The order of the index case_due, which PostgreSQL's planner then reads whatever its statistics say.
BY_INDEX = ("scheduled_release_date", "scheduled_release_time", "pk")
# Two sweeps at least, so that none who is near is missed between them.
LOOK_AHEAD = max(dt.timedelta(minutes=1), dt.timedelta(seconds=2 * settings.SWEEP_INTERVAL))


def arm_after_commit(case: Case) -> None:
    """Once the transaction has committed, publishes the ETA task of `case` if its instant is near and not crowded."""
    # Not a partial: of a robust hook that fails Django logs the name, which a partial has none of.
    transaction.on_commit(lambda: _arm_if_near(case), robust=True)


def arm_upcoming(now: dt.datetime) -> int:
    """Publishes the ETA tasks of what falls due within a minute of the aware datetime `now`, up to
    RELEASE_ETA_PER_INSTANT for each instant; nothing by a clock that is not the portal's. Returns how many. The cost
    follows the instants, not the cases."""
    armed = 0
    for wanted in _upcoming(now):
        same_time = Q(scheduled_release_time=wanted.time) if wanted.time else Q(scheduled_release_time__isnull=True)
        unarmed = Case.objects.filter(SCHEDULED, UNARMED, same_time, scheduled_release_date=wanted.date)
        for case in unarmed.order_by(*BY_INDEX)[: _places_left(wanted)]:
            armed += _arm(case)
    return armed


def arm_again(*, case_id: int, revision: int) -> bool:
    """For a wake-up that came before its time: publishes it anew if the case still waits for that very revision.

    Whether it was published. One early wake-up leads to one new one, so that copies never multiply. Not where this
    host's clock has reached the instant before the portal's: its worker would run the new one at once, again and again.
    """
    waiting = Case.objects.filter(SCHEDULED, stored_clock.agrees(), schedule_revision=revision)
    case = waiting.filter(pk=case_id).first()
    if case is None or (at := case.release_instant) is None or at <= timezone.now():
        return False
    return messages.publish_wake_up(case_id=case_id, revision=revision, at=at)


def _arm_if_near(case: Case) -> None:
    if case.scheduled_release_date is None:
        return
    wanted = Schedule(case.scheduled_release_date, case.scheduled_release_time)
    if wanted.instant - portal_now() <= settings.RELEASE_ETA_WINDOW and _places_left(wanted):
        _arm(case)


def _arm(case: Case) -> bool:
    """Publishes, and then says so on the row: a crash between the two costs a second, harmless message."""
    at = case.release_instant
    revision = case.schedule_revision
    if at is None or not messages.publish_wake_up(case_id=case.pk, revision=revision, at=at):
        return False
    Case.objects.filter(pk=case.pk, schedule_revision=revision).update(armed_revision=revision)
    return True


def _places_left(wanted: Schedule) -> int:
    """How many more ETA tasks the instant of `wanted` may have."""
    time = wanted.time or settings.RELEASE_TIME_OF_DAY
    same_time = Q(scheduled_release_time=time)
    if time == settings.RELEASE_TIME_OF_DAY:
        same_time |= Q(scheduled_release_time__isnull=True)
    armed = Case.objects.filter(SCHEDULED, ARMED, same_time, scheduled_release_date=wanted.date)
    taken = len(armed.order_by().values_list("pk")[: settings.RELEASE_ETA_PER_INSTANT])
    return int(settings.RELEASE_ETA_PER_INSTANT) - taken


def _upcoming(now: dt.datetime) -> list[Schedule]:
    """The schedules of pending cases that are reached within LOOK_AHEAD after `now`, found one index probe each."""
    start, end = schedule.reached(now), schedule.reached(now + LOOK_AHEAD)
    found = []
    day = start.date()
    while day <= end.date():
        of_day = Case.objects.filter(SCHEDULED, stored_clock.agrees(), scheduled_release_date=day)
        default = dt.datetime.combine(day, settings.RELEASE_TIME_OF_DAY)
        if start < default <= end and of_day.filter(scheduled_release_time__isnull=True).order_by(*BY_INDEX).first():
            found.append(Schedule(day))
        found += [
            Schedule(day, time)
            for time in _times(
                of_day,
                after=start.time() if day == start.date() else None,
                until=end.time() if day == end.date() else dt.time.max,
            )
        ]
        day += dt.timedelta(days=1)
    return found


def _times(of_day: CaseQuerySet, *, after: dt.time | None, until: dt.time) -> list[dt.time]:
    """The different scheduled times of `of_day` in (`after`, `until`]; skips from one to the next in the index."""
    times: list[dt.time] = []
    while True:
        later = of_day.filter(scheduled_release_time__lte=until)
        if after is not None:
            later = later.filter(scheduled_release_time__gt=after)
        case = later.order_by("scheduled_release_time").only("scheduled_release_time").first()
        if case is None or case.scheduled_release_time is None:
            return times
        after = case.scheduled_release_time
        times.append(after)
