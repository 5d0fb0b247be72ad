"""Reminders before a release: one email a day to each person with upcoming releases (RELEASE_REMINDER_DAYS).

There is one reminder per case, person and schedule. A day follows the person's own clock and starts at
RELEASE_REMINDER_TIME. Reminders that can't be queued then are queued later. If a date is so near that the next reminder
would be too late, the reminder is sent immediately. cases.delivery.reminder_email looks at each case again when the
email is sent.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import attrgetter, itemgetter

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, Q

from cases.core import schedule
from cases.core.clock import portal_now
from cases.db.bulk import ids_as_rows
from cases.delivery import celery_publisher
from cases.delivery.notifications import with_administrators, with_deputies
from cases.lifecycle import deputies, stored_clock
from cases.lifecycle.former_technicians import AT_WORK, left_with_cases
from cases.lifecycle.notification_choices import chosen
from cases.lifecycle.notification_kinds import About
from cases.lifecycle.reminder_days import ReminderDay, reminder_day
from cases.models import Case, CaseQuerySet, Notification, NotificationChoice, OutgoingEmail, Reminder, User
from cases.models.case_states import SCHEDULED
from cases.models.delivery import first_due

Kind = Notification.Kind
Channel = NotificationChoice.Channel
# The email is already a digest.
MAILED = {Channel.MAIL, Channel.DIGEST}
# People in one transaction.
BATCH = 200
# Longer than the time from one reminder to the next, even on a day of 25 hours.
AT_MOST_A_DAY = dt.timedelta(hours=26)
A_MOMENT = dt.timedelta.resolution


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


def remind_others_at_once(technician: User, *, at: dt.datetime, to: Collection[int] | None = None) -> None:
    """Do the same as `remind_at_once` for those who replace `technician` from now on: deputies (`to`), or all."""
    theirs = {technician.pk, *deputies.stands_in_for(technician)}
    remind_at_once(_scheduled(theirs, at, at + AT_MOST_A_DAY), by=technician, at=at, to=to)


def remind_at_once(
    cases: Iterable[Case], *, by: User | str, at: dt.datetime, to: Collection[int] | None = None
) -> None:
    """Queue reminders of those `cases` whose new date comes before the next reminder of a person they concern.

    `by` chose the date and needs none. `to` are the keys of the only people to remind. Call this in the verb's
    transaction. Takes no statement if no date is that near. This can be a second email on a day, if only that is in
    time.
    """
    near = [case for case in cases if case.assigned_to_id and _is_between(case, at, at + AT_MOST_A_DAY)]
    if not near or not settings.RELEASE_REMINDER_DAYS:
        return
    abouts = with_deputies(with_administrators([About(case.assigned_to_id or 0, case.pk) for case in near]))
    concerned = {about.person for about in abouts if to is None or about.person in to}
    at_work = User.objects.filter(AT_WORK, pk__in=concerned)
    people = at_work.only("email", "role", "is_active", "time_zone").in_bulk()
    days = {pk: reminder_day(person.time_zone, at) for pk, person in people.items()}
    by_key = {case.pk: case for case in near}
    found: dict[int, list[Case]] = defaultdict(list)
    for about in abouts:
        day, case = days.get(about.person), by_key[about.case or 0]
        if day and people[about.person] != by and _is_between(case, at, day.next_time + A_MOMENT):
            found[about.person].append(case)
    _tell(_not_reminded(found), people, {pk: day.day for pk, day in days.items()})


def _zones_due(now: dt.datetime) -> Iterator[tuple[str, ReminderDay]]:
    """Yield the zones with people whose day has not been considered yet; none by a clock that is not the portal's."""
    zones = User.objects.filter(AT_WORK, stored_clock.agrees()).order_by().values("time_zone")
    never = Count("pk", filter=Q(reminders_considered__isnull=True))
    found = zones.annotate(first=Min("reminders_considered"), last=Max("reminders_considered"), never=never)
    for zone_name, first, last, new in found.values_list("time_zone", "first", "last", "never"):
        day = reminder_day(zone_name, now)
        if new or not first == last == day.day:
            yield zone_name, day


@transaction.atomic
def _queue_some(zone_name: str, day: ReminderDay) -> int | None:
    """Queue the reminders of up to BATCH people in a zone. Return how many emails, or None if no one is left."""
    # Also if it is a later day: the clock was wrong when that was considered, and has been set back.
    another_day = Q(reminders_considered__isnull=True) | ~Q(reminders_considered=day.day)
    waiting = User.objects.filter(AT_WORK, another_day)
    # A person who is locked now has their turn a minute later.
    free = waiting.filter(time_zone=zone_name).order_by("pk").select_for_update(skip_locked=True, no_key=True)
    fields = ("email", "role", "is_active", "reminders_considered")
    people = {person.pk: person for person in free.only(*fields)[:BATCH]}
    if not people:
        return None
    User.objects.filter(pk__in=ids_as_rows(list(people))).update(reminders_considered=day.day)
    done_today = _done_today(people.values(), day)
    near = _near({pk: person for pk, person in people.items() if pk not in done_today}, day)
    return _tell(near, people, dict.fromkeys(near, day.day))


def _done_today(people: Iterable[User], day: ReminderDay) -> set[int]:
    """Return the keys of those who are considered again on a day whose email they already got.

    If the last day considered is an earlier one, this is the day's first email, despite any immediate reminders.
    """
    again = [person.pk for person in people if (person.reminders_considered or dt.date.max) >= day.day]
    return set(Reminder.objects.filter(recipient__in=again, day=day.day).values_list("recipient", flat=True))


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
    for case in _scheduled(readers, now, day.before):
        if _is_between(case, now, day.before):
            for person in readers[case.assigned_to_id or 0]:
                found[person].append(case)
    return _not_reminded(found)


def _not_reminded(near: Mapping[int, Collection[Case]]) -> dict[int, list[Case]]:
    """Return the cases that each person has not been reminded of, with their present schedule."""
    keys = {case.pk for cases in near.values() for case in cases}
    told = Reminder.objects.filter(recipient__in=near, case__in=ids_as_rows(sorted(keys)))
    reminded = set(told.values_list("recipient_id", "case_id", "schedule_revision"))
    left = {
        person: [case for case in cases if (person, case.pk, case.schedule_revision) not in reminded]
        for person, cases in near.items()
    }
    return {person: cases for person, cases in left.items() if cases}


def _scheduled(technicians: Collection[int], now: dt.datetime, before: dt.datetime) -> CaseQuerySet:
    """Return their cases on the days between the two, along the index of each technician."""
    days = (schedule.date_of(now), schedule.date_of(before))
    theirs = Case.objects.filter(SCHEDULED, assigned_to__in=technicians, scheduled_release_date__range=days)
    fields = ("assigned_to", "schedule_revision", "scheduled_release_date", "scheduled_release_time")
    return theirs.only(*fields).order_by("scheduled_release_date", "scheduled_release_time", "pk")


def _is_between(case: Case, now: dt.datetime, before: dt.datetime) -> bool:
    return case.release_instant is not None and now < case.release_instant < before


def _tell(near: Mapping[int, list[Case]], people: Mapping[int, User], days: Mapping[int, dt.date]) -> int:
    """Remind each person of their cases, as they have chosen. Return how many emails."""
    channels = chosen(Kind.REMINDER, near)
    _ring({pk: cases for pk, cases in near.items() if channels.get(pk, Channel.NOTHING) != Channel.NOTHING})
    mailed = {pk: cases for pk, cases in near.items() if channels.get(pk) in MAILED and people[pk].email}
    _store(mailed, people, days)
    return len(mailed)


def _ring(near: dict[int, list[Case]]) -> None:
    """Also send the notification in the portal."""
    now = portal_now()
    Notification.objects.bulk_create(
        (
            Notification(recipient_id=person, case=case, kind=Kind.REMINDER, ref=case.schedule_revision, at=now)
            for person, cases in near.items()
            for case in cases
        ),
        ignore_conflicts=True,
    )


def _store(near: Mapping[int, list[Case]], people: Mapping[int, User], days: Mapping[int, dt.date]) -> None:
    if not near:
        return
    moments = first_due(portal_now())
    emails = OutgoingEmail.objects.bulk_create(
        OutgoingEmail(
            kind=OutgoingEmail.Kind.REMINDER,
            recipient_id=person,
            address=people[person].email,
            payload={"day": days[person].isoformat()},
            **moments,
        )
        for person in sorted(near)
    )
    reminders = (
        Reminder(
            case=case, recipient_id=person, schedule_revision=case.schedule_revision, day=days[person], email=email
        )
        for (person, cases), email in zip(sorted(near.items(), key=itemgetter(0)), emails, strict=True)
        for case in sorted(cases, key=attrgetter("pk"))
    )
    # Another process may be sending the same reminder. An email with nothing left to say is dropped.
    Reminder.objects.bulk_create(reminders, ignore_conflicts=True)
    transaction.on_commit(celery_publisher.publish_mail_waiting, robust=True)
