"""On which day of whose clock release reminders are due (RELEASE_REMINDER_TIME, RELEASE_REMINDER_DAYS)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from cases.core.clock import portal_now
from cases.core.reader_timezones import clock_of
from cases.models import Case, User

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class ReminderDay:
    """A day in one zone.

    Releases before `before` are near enough for a reminder on that day. `next_time` is when the next day's reminders
    are due.
    """

    day: dt.date
    before: dt.datetime
    next_time: dt.datetime


def reminder_day(zone_name: str, now: dt.datetime) -> ReminderDay:
    """Return the last day in a person's zone whose RELEASE_REMINDER_TIME has come at `now`."""
    clock = clock_of(zone_name, settings.RELEASE_REMINDER_TIME)
    today = clock.date_at(now)
    day = today if clock.instant(today, None) <= now else today - DAY
    end = clock.instant(day + (settings.RELEASE_REMINDER_DAYS + 1) * DAY, dt.time(0))
    return ReminderDay(day, end, clock.instant(day + DAY, None))


def remind_soon(person: User, cases: Iterable[Case]) -> None:
    """Remind `person`, who is locked and got `cases`, of those whose release comes before their next reminder.

    There is no second email on a day: then the notification of the handover has to do. If the day's reminders are still
    to come, they include these cases.
    """
    if not settings.RELEASE_REMINDER_DAYS or person.reminders_considered is None:
        return
    today = reminder_day(person.time_zone, portal_now())
    instants = [case.release_instant for case in cases if not case.is_released]
    is_over = person.reminders_considered >= today.day
    if is_over and any(instant <= today.next_time for instant in instants if instant):
        User.objects.filter(pk=person.pk).update(reminders_considered=None)
