"""Notifications about the steps of a release: failures, conditions that hold it back, approvals, and bulk runs."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q

from cases.core import schedule
from cases.core.clock import portal_now
from cases.core.schedule import Schedule
from cases.db.bisect import NOT_A_ROWS_FAULT
from cases.db.bulk import ids_as_rows
from cases.delivery.change_notices import tell_technicians, to_take_care_of
from cases.delivery.condition_notices import ask_for_approvals, tell_technicians_instead
from cases.delivery.hand_over_notices import tell_of_hand_over
from cases.delivery.notifications import administrators, mark_outdated, notify, notify_each, with_administrators
from cases.lifecycle import stored_clock
from cases.lifecycle.deputies import deputies_of
from cases.lifecycle.history import EventRecorder
from cases.lifecycle.notification_kinds import STAFF, About
from cases.models import Case, CaseEvent, CaseQuerySet, Condition, Heartbeat, Notification, User
from cases.models.condition import UNMET

logger = structlog.get_logger(__name__)

Kind = Notification.Kind
Event = CaseEvent.Kind
# When cases held back by conditions were last searched for. Even without any, the mark moves at this interval, so that
# a search reads no more than that.
HEARTBEAT = "held by conditions"
NAME = "sweep"
MOVES_ON = dt.timedelta(hours=1)
BATCH = 1000
# After each of these, an open approval is asked for. After other events, only if they are about the approval itself.
ASKING = {Event.COMPLETED, Event.SCHEDULED, Event.RESCHEDULED}
OPENING = {Event.CONDITION_ADDED, Event.CONDITION_REOPENED}
# No longer so once the case has another date, or none.
ABOUT_DATES = (Kind.HELD, Kind.FAILED)


def tell_of_failure(pk: int, *, at: dt.datetime) -> None:
    """Notify the technician of the case with this key, and the administrators, that its release failed for the first
    time.

    If even this fails for a row, nothing else stops.
    """
    case = Case.objects.get(pk=pk)
    if case.release_attempts != 1:
        return
    people = [case.assigned_to_id, *administrators()]
    try:
        with transaction.atomic():
            notify(Kind.FAILED, case=case, to=people, by="release", at=at, ref=case.schedule_revision)
    except NOT_A_ROWS_FAULT:
        raise
    except DatabaseError:
        logger.exception("nobody could be told of a failed release", case_id=pk)


def tell_of_condition(condition: Condition, recorder: EventRecorder) -> None:
    """Notify the owner of an open condition that was just added or reopened, and the people who should approve.

    Also notify the technician of a case that it holds back from now on, if its instant has already come.
    """
    tell_of_late_held([recorder.case], by=recorder.by, at=recorder.at)
    if condition.kind == Condition.Kind.APPROVAL:
        ask_for_approval(recorder.case, recorder)
    elif condition.owner_id and condition.state == Condition.State.OPEN:
        owner, case = condition.owner_id, recorder.case
        notify(Kind.CONDITION, case=case, to=[owner], by=recorder.by, at=recorder.at, ref=condition.pk)


def ask_for_approval(case: Case, recorder: EventRecorder) -> None:
    """Notify the people who should approve the release of `case`, if it is completed and an approval is open.

    `case` and its history are stored.
    """
    if case.is_pending and case.open_conditions:
        ask_for_approvals([case.pk], by=recorder.by, at=recorder.at)


def tell_of_events(events: Sequence[CaseEvent]) -> None:
    """Notify the people concerned by these events of a bulk run, as the verb on each case does.

    All events have the same person and moment. Their cases are as the run leaves them.
    """
    if not events:
        return
    by, at = events[0].actor or events[0].system_actor, events[0].at
    of_kind: dict[str, list[CaseEvent]] = defaultdict(list)
    for event in events:
        of_kind[event.kind].append(event)
    _tell_of_changes(events, at=at)
    tell_of_recalls([event.case for event in of_kind[Event.RECALLED]], by=by, at=at)
    tell_owners(events, by=by, at=at)
    if asking := {event.case_id for event in events if _asks_for_approval(event)}:
        ask_for_approvals(asking, by=by, at=at)
    tell_of_late_held([event.case for kind in OPENING for event in of_kind[kind]], by=by, at=at)
    if handed_over := of_kind[Event.HANDED_OVER]:
        former = {event.details.get("from_technician") for event in handed_over}
        tell_of_hand_over([event.case for event in handed_over], former=former, by=by, at=at)


def _tell_of_changes(events: Sequence[CaseEvent], *, at: dt.datetime) -> None:
    by = events[0].actor
    if by is None:
        return
    added = {event.details["condition"] for event in events if event.kind == Event.CONDITION_ADDED}
    open_ones = to_take_care_of(added)
    steps = [
        (event.case, event.kind)
        for event in events
        if event.kind != Event.CONDITION_ADDED or event.details["condition"] in open_ones
    ]
    tell_technicians(steps, by=by, at=at)


def tell_of_recalls(cases: Sequence[Case], *, by: User | str, at: dt.datetime) -> None:
    """Notify the technicians of cases whose releases were recalled."""
    abouts = [About(case.assigned_to_id, case.pk, case.release_number) for case in cases if case.assigned_to_id]
    if abouts:
        notify_each(Kind.RECALLED, with_administrators(abouts), by=by, at=at)


def tell_of_held() -> int:
    """Notify the technicians of cases that conditions hold back, once their instant has come.

    Return how many cases. Two index probes if there is nothing to report. The mark also moves back: after the clock was
    set back, anything before a mark from the future would never be reported. Each case is still reported only once
    (ONCE_KINDS). If the clock is not the stored one, no one is notified and the mark stays: what the portal's clock
    reaches in the meantime is reported later.
    """
    now = portal_now()
    last, _made = Heartbeat.objects.get_or_create(name=HEARTBEAT, defaults={"at": now})
    looked = Heartbeat.objects.filter(stored_clock.agrees(), name=HEARTBEAT)
    if not _newly_held(last.at, now).exists():
        if not now - MOVES_ON <= last.at <= now:
            looked.filter(at=last.at).update(at=now)
        return 0
    with transaction.atomic():
        locked = Heartbeat.objects.select_for_update().get(name=HEARTBEAT)
        held = list(_newly_held(locked.at, now).values_list("assigned_to_id", "pk", "schedule_revision"))
        _tell_held([About(*row) for row in held], at=now)
        looked.update(at=now)
    return len(held)


def tell_of_late_held(cases: Sequence[Case], *, by: User | str, at: dt.datetime) -> None:
    """Do the same as `tell_of_held` for those of `cases` that conditions hold back from now on, with an instant before
    `at`.

    The next search begins where the last one ended. It would miss a condition that is added while all releases are
    stopped, or while a release fails.
    """
    instants = [(case, case.release_instant) for case in cases if case.is_pending]
    tell_of_reached_held([case for case, instant in instants if instant and instant <= at], by=by, at=at)


def tell_of_reached_held(cases: Iterable[Case], *, by: User | str = NAME, at: dt.datetime) -> None:
    """Do the same as `tell_of_held` for `cases` with past instants, as far as conditions hold them back."""
    held = [case for case in cases if case.open_conditions and case.assigned_to_id]
    abouts = [About(case.assigned_to_id or 0, case.pk, case.schedule_revision) for case in held]
    _tell_held(list(dict.fromkeys(abouts)), by=by, at=at)


def forget_held(cases: Iterable[Case], *, at: dt.datetime) -> None:
    """Mark read that conditions hold `cases` back, if their instants have come and no condition is open anymore."""
    free = [case for case in cases if case.is_pending and not case.open_conditions]
    instants = [(case, case.release_instant) for case in free]
    forget_told([case for case, instant in instants if instant and instant <= at], kinds=(Kind.HELD,), at=at)


def forget_former_dates(recorders: Iterable[EventRecorder], *, at: dt.datetime) -> None:
    """Mark read what was told of the dates that these cases no longer have, if they had come."""
    former = [(each.case, each.from_date and Schedule(each.from_date, each.from_time).instant) for each in recorders]
    forget_told([case for case, instant in former if instant and instant <= at], at=at)


def forget_told(cases: Collection[Case], *, kinds: Collection[str] = ABOUT_DATES, at: dt.datetime) -> None:
    """Mark read what was told of `cases` by `kinds`, for those who are notified of them now.

    A wave does not call it, so that it costs no more: what held its cases back was settled before.
    """
    if not cases:
        return
    technicians = {case.assigned_to_id for case in cases if case.assigned_to_id}
    people = technicians.union(administrators(), *deputies_of(technicians).values())
    mark_outdated({case.pk for case in cases}, kinds=kinds, people=people, at=at)


def _tell_held(held: Sequence[About], *, by: User | str = NAME, at: dt.datetime) -> None:
    for start in range(0, len(held), BATCH):
        notify_each(Kind.HELD, with_administrators(held[start : start + BATCH]), by=by, at=at)


def _newly_held(since: dt.datetime, now: dt.datetime) -> CaseQuerySet:
    """Return the cases that conditions hold back at `now` by the stored clock, whose instant came after `since`."""
    shown = schedule.reached(since)
    first_day = Q(scheduled_release_date=shown.date())
    later = Q(scheduled_release_date__gt=shown.date()) | first_day & Q(scheduled_release_time__gt=shown.time())
    if shown.time() < settings.RELEASE_TIME_OF_DAY:
        later |= first_day & Q(scheduled_release_time__isnull=True)
    held = Case.objects.held_by_conditions(now).filter(stored_clock.agrees(), assigned_to__isnull=False)
    return held.filter(later, scheduled_release_date__gte=shown.date())


def tell_owners(events: Iterable[CaseEvent], *, by: User | str, at: dt.datetime) -> None:
    """Notify the owners of conditions that these events added or reopened, as far as they are open.

    Approvals are asked for. An owner may have left since the condition was met, or since a change that is undone
    removed it. Then notify others of that.
    """
    opening = [event for event in events if event.kind in OPENING and not _is_about_approval(event)]
    keys = [event.details["condition"] for event in opening]
    if not keys:
        return
    owned = Condition.objects.filter(UNMET, pk__in=ids_as_rows(keys), owner__isnull=False)
    at_work = Q(owner__is_active=True, owner__role__in=STAFF)
    if abouts := [About(*row) for row in owned.filter(at_work).values_list("owner", "case_id", "pk")]:
        notify_each(Kind.CONDITION, abouts, by=by, at=at)
    tell_technicians_instead(owned.exclude(at_work), at=at)


def _asks_for_approval(event: CaseEvent) -> bool:
    """Tell whether an open approval of the case of `event` should be asked for after it."""
    if event.kind not in ASKING and not (event.kind in OPENING and _is_about_approval(event)):
        return False
    return event.case.is_pending and event.case.open_conditions > 0


def _is_about_approval(event: CaseEvent) -> bool:
    return bool(event.details["condition_kind"] == Condition.Kind.APPROVAL)
