"""Blackout days, for administrators: the list, a new one with the cases it affects, and removing one."""

import datetime as dt
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.core import schedule
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.core.public_holidays import holidays_between
from cases.core.release_days import DAY, SEARCH_DAYS
from cases.forms.blackout_days import BlackoutDayForm, DayForm
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.closed_days import days_from, unknown_years
from cases.models import BlackoutDay, PortalEvent
from cases.releases import blackout_days as verbs
from cases.selectors import blackout_days as selectors
from cases.selectors.pagination import CappedCount, CappedPaginator
from cases.views.decorators import administrators_only
from cases.views.refusals import add_refusal, refusals_shown_by
from cases.views.requests import PortalRequest

WEB = PortalEvent.Source.WEB
# How many of the cases that a new blackout day affects the page shows.
MAX_CASES_SHOWN = 50


@require_safe
@administrators_only
def blackout_days(request: PortalRequest) -> HttpResponse:
    """List the blackout days from today on, the holidays of the settings, and who changed what."""
    return _list(request)


def _list(request: PortalRequest, *, status: int = 200, **overrides: Any) -> HttpResponse:
    now = portal_now()
    today = schedule.date_of(now)
    page = CappedPaginator(cast(Any, selectors.upcoming(today))).get_page(request.GET.get("page"))
    context = {
        "form": DayForm(now=now),
        "page": page,
        "days": selectors.with_cases(cast("list[BlackoutDay]", page.object_list), to=request.user),
        "events": selectors.latest_changes(),
        "are_weekends_closed": not settings.RELEASE_ON_WEEKENDS,
        "region": settings.RELEASE_HOLIDAYS,
        "holidays": holidays_between(today, today + SEARCH_DAYS * DAY, region=settings.RELEASE_HOLIDAYS),
        "unknown_years": unknown_years(now),
    }
    return render(request, "cases/blackout_days/list.html", context | overrides, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def new_blackout_day(request: PortalRequest) -> HttpResponse:
    """Show the cases that `date` affects, with the form to add it (GET). Add it by `date` and `name` (POST)."""
    if request.method != "POST" and "date" not in request.GET:
        return _list(request)
    now = portal_now()
    asked = DayForm(request.POST if request.method == "POST" else request.GET, now=now)
    if not asked.is_valid():
        return _list(request, status=400, form=asked)
    date: dt.date = asked.cleaned_data["date"]
    try:
        verbs.check_date(date, now=now)
        if request.method == "POST":
            return _add(request, date, now)
    except CaseError as error:
        add_refusal(asked, error)
        return _list(request, status=error.status, form=asked)
    return _preview(request, date, BlackoutDayForm(initial={"date": date}, now=now))


def _add(request: PortalRequest, date: dt.date, now: dt.datetime) -> HttpResponse:
    form = BlackoutDayForm(request.POST, now=now)
    if not form.is_valid():
        return _preview(request, date, form, status=400)
    day = verbs.add(by=request.user, source=WEB, **form.cleaned_data)
    messages.success(request, _("%(date)s is now a blackout day.") % {"date": date_format(day.date, "DAY_FORMAT")})
    return redirect("blackout_days")


def _preview(request: PortalRequest, date: dt.date, form: BlackoutDayForm, *, status: int = 200) -> HttpResponse:
    affected = selectors.scheduled_for(date, to=request.user)
    context = {
        "date": date,
        "form": form,
        "closed": days_from(date).closed(date),
        "count": CappedCount.of(affected),
        "cases": [VisibleCase.of(case, to=request.user) for case in affected[:MAX_CASES_SHOWN]],
    }
    return render(request, "cases/blackout_days/new.html", context, status=status)


def _not_removed(request: PortalRequest, error: CaseError) -> HttpResponse:
    return _list(request, status=error.status, problem=error.message)


@require_POST
@administrators_only
@refusals_shown_by(_not_removed)
def remove_blackout_day(request: PortalRequest) -> HttpResponse:
    """Let releases be scheduled for `date` again (POST)."""
    asked = DayForm(request.POST, now=portal_now())
    if not asked.is_valid():
        return _list(request, status=400, form=asked)
    day = verbs.remove(date=asked.cleaned_data["date"], by=request.user, source=WEB)
    messages.success(
        request, _("%(date)s is no longer a blackout day.") % {"date": date_format(day.date, "DAY_FORMAT")}
    )
    return redirect("blackout_days")
