"""What the page of a case tells staff about its release: why not yet, pre-flight, and suggested dates."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings

from cases.core import schedule
from cases.core.release_days import ClosedDay, ReleaseDays
from cases.lifecycle import release_stop
from cases.lifecycle.closed_days import days_between
from cases.lifecycle.condition_owners import last_completed_by
from cases.lifecycle.deputies import named_deputies
from cases.lifecycle.permissions import Action
from cases.lifecycle.preflight import preflight
from cases.lifecycle.why_not_yet import last_change, unless_paused, verdict
from cases.models import Case, CaseDocument, CaseEvent, Condition
from cases.releases.presets import Preset, presets
from cases.releases.schedule_policy import lead_time_of


def release_panel(
    case: Case,
    can: set[Action],
    *,
    conditions: Collection[Condition],
    events: Collection[CaseEvent],
    documents: Iterable[CaseDocument],
    days: ReleaseDays | None,
    now: dt.datetime,
) -> dict[str, Any]:
    """Return the verdict, the checks and the suggested dates of `case`, which staff see. Four queries at
    most while no one is away.

    `events` is its history, latest first, `documents` what is attached. `days` is the calendar of the form for its
    date, or None if there is no form. Empty if there is no release ahead.
    """
    if case.is_released or not (case.is_pending or Action.COMPLETE in can):
        return {}
    stop = release_stop.current()
    technician = case.assigned_to_id
    reports = sum(document.kind == CaseDocument.Kind.REPORT for document in documents)
    found = verdict(
        case,
        now=now,
        conditions=conditions,
        stop=stop,
        changed=last_change(events),
        completed_by=last_completed_by(events),
        deputies=named_deputies([technician]).get(technician, ()) if technician else (),
    )
    return {
        "verdict": unless_paused({case.pk: found})[case.pk],
        # In the place of what the banner of every staff page would read again.
        "release_stop": stop,
        "preflight": preflight(case, reports=reports, conditions=conditions, closed=_closed(case, days)),
        "undo_seconds": settings.RELEASE_UNDO_SECONDS,
        "presets": _suggested_dates(case, days, now) if days else [],
    }


def _closed(case: Case, days: ReleaseDays | None) -> ClosedDay | None:
    """Return why the date of `case` could not be chosen now. None: it could, or there is none."""
    date = case.scheduled_release_date
    if date is None:
        return None
    if days is None or not days.first <= date <= days.last:
        days = days_between(date, date)
    return days.closed(date)


def _suggested_dates(case: Case, days: ReleaseDays, now: dt.datetime) -> list[Preset]:
    lead = lead_time_of(case)
    first, last = schedule.least_date(now, lead), schedule.last_date(now, lead)
    return presets(today=schedule.date_of(now), first=first, last=last, days=days)
