"""Reminders before a release: one email a day to each person whose cases are near (RELEASE_REMINDER_DAYS).

A case is reminded of once for each person and schedule. A day follows the person's own clock and starts
at RELEASE_REMINDER_TIME. Reminders that can't be queued then are queued later. cases.delivery.reminder_email looks
at each case again when the email is sent.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, Q

from cases.core import schedule
from cases.core.clock import portal_now
from cases.db.bulk import ids_as_rows
from cases.delivery import celery_publisher
from cases.lifecycle import deputies
from cases.lifecycle.left_technicians import AT_WORK, left_with_cases
from cases.lifecycle.notification_choices import chosen
from cases.lifecycle.reminder_days import ReminderDay, reminder_day
from cases.models import Case, CaseQuerySet, Notification, NotificationChoice, OutgoingEmail, Reminder, User
from cases.models.case_states import SCHEDULED

Kind = Notification.Kind
Channel = NotificationChoice.Channel
# The email is a digest in itself.
MAILED = {Channel.MAIL, Channel.DIGEST}
# People in one transaction.
BATCH = 200


def queue_reminders() -> int:
    """Queue the reminders that are due. Return how many emails. Takes one statement while no reminder is due."""
    if not settings.RELEASE_REMINDER_DAYS:
        return 0
    count = 0
    now = portal_now()
    for zone_name, day in _zones_due(now):
        while (done := _queue_some(zone_name, day)) is not None:
            count += done
    return count


def _zones_due(now: dt.datetime) -> Iterator[tuple[str, ReminderDay]]:
    """Yield the zones with people whose day has not been considered yet."""
    zones = User.objects.filter(AT_WORK).order_by().values("time_zone")
    never = Count("pk", filter=Q(reminders_considered__isnull=True))
    found = zones.annotate(first=Min("reminders_considered"), last=Max("reminders_considered"), never=never)
    for zone_name, first, last, new in found.values_list("time_zone", "first", "last", "never"):
        day = reminder_day(zone_name, now)
        if new or not first == last == day.day:
            yield zone_name, day


@transaction.atomic
def _queue_some(zone_name: str, day: ReminderDay) -> int | None:
    """Queue the reminders of up to BATCH people of a zone. Return how many emails; None where nobody is left."""
    # Also a later day: the clock was wrong when it was considered, and has been set back.
    another_day = Q(reminders_considered__isnull=True) | ~Q(reminders_considered=day.day)
    waiting = User.objects.filter(AT_WORK, another_day)
    # A person who is locked now has their turn a minute later.
    free = waiting.filter(time_zone=zone_name).order_by("pk").select_for_update(skip_locked=True, no_key=True)
    people = {person.pk: person for person in free.only("email", "role", "is_active")[:BATCH]}
    if not people:
        return None
    User.objects.filter(pk__in=ids_as_rows(list(people))).update(reminders_considered=day.day)
    done_today = set(Reminder.objects.filter(recipient__in=people, day=day.day).values_list("recipient", flat=True))
    near = _near({pk: person for pk, person in people.items() if pk not in done_today}, day)
    channels = chosen(Kind.REMINDER, near)
    _ring({pk: cases for pk, cases in near.items() if channels.get(pk, Channel.NOTHING) != Channel.NOTHING})
    mailed = {pk: cases for pk, cases in near.items() if channels.get(pk) in MAILED and people[pk].email}
    _store(mailed, people, day)
    return len(mailed)


def _near(people: dict[int, User], day: ReminderDay) -> dict[int, list[Case]]:
    """Return for each of `people` the cases to remind them of: their own and those of the people they stand in for.

    Administrators stand in for those who have left.
    """
    now = portal_now()
    readers: dict[int, set[int]] = defaultdict(set)
    covered = deputies.covers(people)
    for person in people:
        for technician in {person, *covered.get(person, ())}:
            readers[technician].add(person)
    administrators = {pk for pk, person in people.items() if person.is_administrator}
    for technician in left_with_cases() if administrators else ():
        readers[technician] |= administrators
    found: dict[int, list[Case]] = defaultdict(list)
    cases = [case for case in _scheduled(readers, now, day.before) if _is_between(case, now, day.before)]
    told = Reminder.objects.filter(recipient__in=people, case__in=ids_as_rows([case.pk for case in cases]))
    reminded = set(told.values_list("recipient_id", "case_id", "schedule_revision"))
    for case in cases:
        for person in readers[case.assigned_to_id or 0]:
            if (person, case.pk, case.schedule_revision) not in reminded:
                found[person].append(case)
    return found


def _scheduled(technicians: Collection[int], now: dt.datetime, before: dt.datetime) -> CaseQuerySet:
    """Return their cases on the days between, along the index of each technician."""
    days = (schedule.date_of(now), schedule.date_of(before))
    theirs = Case.objects.filter(SCHEDULED, assigned_to__in=technicians, scheduled_release_date__range=days)
    fields = ("assigned_to", "schedule_revision", "scheduled_release_date", "scheduled_release_time")
    return theirs.only(*fields).order_by("scheduled_release_date", "scheduled_release_time", "pk")


def _is_between(case: Case, now: dt.datetime, before: dt.datetime) -> bool:
    return case.release_instant is not None and now < case.release_instant < before


def _ring(near: dict[int, list[Case]]) -> None:
    """Tell it in the portal too."""
    now = portal_now()
    Notification.objects.bulk_create(
        (
            Notification(recipient_id=person, case=case, kind=Kind.REMINDER, ref=case.schedule_revision, at=now)
            for person, cases in near.items()
            for case in cases
        ),
        ignore_conflicts=True,
    )


def _store(near: dict[int, list[Case]], people: dict[int, User], day: ReminderDay) -> None:
    if not near:
        return
    now = portal_now()
    moments = {"due": now, "next_try": now, "created": now}
    emails = OutgoingEmail.objects.bulk_create(
        OutgoingEmail(
            kind=OutgoingEmail.Kind.REMINDER,
            recipient_id=person,
            address=people[person].email,
            payload={"day": day.day.isoformat()},
            **moments,
        )
        for person in near
    )
    Reminder.objects.bulk_create(
        Reminder(case=case, recipient_id=person, schedule_revision=case.schedule_revision, day=day.day, email=email)
        for (person, cases), email in zip(near.items(), emails, strict=True)
        for case in cases
    )
    transaction.on_commit(celery_publisher.publish_mail_waiting, robust=True)
