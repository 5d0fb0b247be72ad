"""The release history, as a page and as CSV."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.core import limits, schedule
from cases.core.clock import portal_now
from cases.core.safe_csv import csv_headers, csv_lines
from cases.forms.history_filter import HistoryFilter
from cases.lifecycle.history import log_committed
from cases.models import CaseEvent, User
from cases.selectors.history import HistoryPage, HistoryQuery, exported, history_page, place_of
from cases.templatetags.case_history import facts_in_words, what_happened
from cases.views.decorators import staff_only
from cases.views.requests import PortalRequest


@require_safe
@staff_only
def history(request: PortalRequest) -> HttpResponse:
    """List what happened to the cases that the person may see, latest first, filtered by the address."""
    asked = HistoryFilter(request.GET, by=request.user)
    before = request.GET.get("before", "")
    behind = place_of(int(before)) if limits.is_key(before) else None
    page = HistoryPage([])
    if asked.is_valid():
        page = history_page(asked.history_query(), request.user, behind=behind)
    context = {"filter": asked, "page": page, "behind": behind, "query": asked.query_with(), "chips": asked.chips()}
    return render(request, "cases/history.html", context, status=200 if asked.is_valid() else 400)


@require_safe
@staff_only
def export_history(request: PortalRequest) -> HttpResponseBase:
    """Send all of it as CSV, while it is read. What cannot be read shows the page and its errors, with status 400."""
    asked = HistoryFilter(request.GET, by=request.user)
    if not asked.is_valid():
        return history(request)
    log_committed("history exported", by=request.user.pk)
    lines = csv_lines(_rows(asked.history_query(), request.user))
    return StreamingHttpResponse(lines, headers=csv_headers(f"history-{schedule.date_of(portal_now()):%Y-%m-%d}.csv"))


def _rows(query: HistoryQuery, user: User) -> Iterator[list[Any]]:
    """Return the head and a row for each entry, in the language and zone of the request, which ends before the last."""
    return _rows_in(translation.get_language() or "en", timezone.get_current_timezone(), query, user)


def _rows_in(language: str, zone: dt.tzinfo, query: HistoryQuery, user: User) -> Iterator[list[Any]]:
    with translation.override(language):
        head = [
            _("Entry"), _("Time"), _("Case"), _("What happened"), _("Done by"), _("Channel"), _("Status before"),
            _("Status after"), _("Release before"), _("Release after"), _("Details"), _("Reason"), _("Bulk operation"),
        ]  # fmt: skip
    yield head
    for events in exported(query, user):
        with translation.override(language), timezone.override(zone):
            rows = [_row(event) for event in events]
        yield from rows


def _row(event: CaseEvent) -> list[Any]:
    return [
        event.pk,
        timezone.localtime(event.at).isoformat(timespec="seconds"),
        event.case.external_case_id,
        what_happened(event),
        event.actor_name,
        event.get_source_display(),
        event.from_status,
        event.to_status,
        _schedule(event.from_date, event.from_time),
        _schedule(event.to_date, event.to_time),
        facts_in_words(event),
        event.reason,
        event.bulk_run_id or "",
    ]


def _schedule(date: Any, time: Any) -> str:
    return " ".join(part.isoformat() for part in (date, time) if part)
