"""Blackout days for administrators: the list, the releases they affect, and their history."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import formats

from cases.core.text import isolated
from cases.db.first_rows import first_rows
from cases.models import BlackoutDay, Case, CaseQuerySet, PortalEvent, User
from cases.models.case_states import SCHEDULED
from cases.selectors.pagination import MAX_COUNTED, CappedCount

KINDS = (PortalEvent.Kind.BLACKOUT_DAY_ADDED, PortalEvent.Kind.BLACKOUT_DAY_REMOVED)
MAX_EVENTS = 50


@dataclass(frozen=True, slots=True)
class ListedDay:
    """A blackout day, and how many cases are still scheduled for it."""

    day: BlackoutDay
    cases: CappedCount


def upcoming(today: dt.date) -> QuerySet[BlackoutDay]:
    """Return the blackout days from `today` on."""
    return BlackoutDay.objects.filter(date__gte=today)


def with_cases(days: Sequence[BlackoutDay], *, to: User) -> list[ListedDay]:
    """Return `days` with the number of their cases. One statement."""
    if not days:
        return []
    found = first_rows([scheduled_for(day.date, to=to) for day in days], rows=0, cap=MAX_COUNTED + 1)
    return [ListedDay(day, CappedCount(count)) for day, (_ids, count) in zip(days, found, strict=True)]


def scheduled_for(date: dt.date, *, to: User) -> CaseQuerySet:
    """Return the cases that are scheduled for `date`, with their people: one range of an index, in its order."""
    that_day = Case.objects.shown_to(to).filter(SCHEDULED, scheduled_release_date=date)
    return that_day.order_by("scheduled_release_date", "scheduled_release_time", "pk")


def latest_changes() -> Sequence[PortalEvent]:
    """Return who added and removed blackout days, latest first, each with the day in words as `said`."""
    events = list(PortalEvent.objects.filter(kind__in=KINDS).select_related("actor")[:MAX_EVENTS])
    for event in events:
        event.said = _said(event)
    return events


def _said(event: PortalEvent) -> str:
    """Return the day in words. Empty for a row that was written by hand and lacks it."""
    try:
        date = dt.date.fromisoformat(event.details["date"])
        return f"{formats.date_format(date, 'DAY_FORMAT')}: {isolated(event.details['name'])}"
    except (KeyError, TypeError, ValueError):
        return ""
