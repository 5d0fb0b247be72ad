"""Pre-flight of many completed cases at once."""

import datetime as dt
from collections.abc import Sequence
from typing import cast

from django.db.models import Count, Q

from cases.lifecycle.closed_days import days_between
from cases.lifecycle.preflight import Preflight, preflight
from cases.models import Case, CaseDocument, CaseQuerySet


def with_facts(cases: CaseQuerySet) -> CaseQuerySet:
    """Return `cases`, which are scheduled, with what `preflights` looks at."""
    reports = Count("documents", filter=Q(documents__kind=CaseDocument.Kind.REPORT), distinct=True)
    found = cases.select_related("member", "assigned_to", "answer", "case_type").prefetch_related("conditions")
    return found.annotate(report_count=reports)


def preflights(cases: Sequence[Case]) -> dict[int, Preflight]:
    """Return by key what is found about each of `cases`, which come from `with_facts`. Takes one statement."""
    if not cases:
        return {}
    dates = [cast(dt.date, case.scheduled_release_date) for case in cases]
    days = days_between(min(dates), max(dates))
    return {
        case.pk: preflight(
            case,
            reports=case.report_count,  # type: ignore[attr-defined]  # annotated
            conditions=list(case.conditions.all()),
            closed=days.closed(date),
        )
        for case, date in zip(cases, dates, strict=True)
    }
