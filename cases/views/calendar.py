"""The release calendar: month, week, the list of a day, and moving a case to another day."""

import datetime as dt
from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases import releases
from cases.accounts import calendar_feed
from cases.core.calendar_periods import CalendarView, Period
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.core.reader_timezones import on_portal_clock
from cases.core.schedule import Schedule
from cases.forms import calendar as calendar_forms
from cases.forms.calendar import CalendarForm, MoveForm
from cases.lifecycle import history, permissions
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.closed_days import days_between
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, CaseQuerySet, User
from cases.models.case_event import DATE_SET
from cases.selectors.release_calendar import DayPaginator, by_the_clock, days_of, entries_of, kinds_of, more_after
from cases.views.case_page import undo_offers
from cases.views.case_page.case_detail import visible_case
from cases.views.decorators import staff_only
from cases.views.refusals import add_refusal, refusals_shown_by
from cases.views.requests import PortalRequest

# How many cases of a kind a day shows before it says how many more there are.
ROWS = {CalendarView.MONTH: 3, CalendarView.WEEK: 8}


@require_safe
@staff_only
def calendar(request: PortalRequest) -> HttpResponse:
    """Show what is released when. The query is CalendarForm's. One that can't be read shows this month and says so."""
    user = request.user
    now = portal_now()
    form, problems = calendar_forms.read(request.GET, by=user, now=now)
    period = form.period()
    context = {
        "form": form,
        "problems": problems,
        "period": period,
        "today": form.today,
        "week_of_today": Period(CalendarView.WEEK, form.today).first,
        "links": _links(form),
        "feed": calendar_feed.feed_of(user),
        "needs_reason": permissions.TABLE[Action.RESCHEDULE][user.role].reason,
    }
    shown = _day_list(request, form, user, now) if period.view is CalendarView.DAY else _grid(form, user, now)
    return render(request, "cases/calendar.html", context | shown, status=400 if problems else 200)


def _grid(form: CalendarForm, user: User, now: dt.datetime) -> dict[str, Any]:
    period = form.period()
    days = days_of(period.days, whose=_chosen(form, user), to=user, rows=ROWS[period.view], now=now)
    return {
        "days": [(day, form.url(view=CalendarView.DAY, date=day.date, kind=None)) for day in days],
        "is_empty": all(day.is_empty for day in days if day.date in period),
        "has_closed_days": any(day.closed for day in days),
    }


def _day_list(request: PortalRequest, form: CalendarForm, user: User, now: dt.datetime) -> dict[str, Any]:
    date, kind = form.period().date, form.kind_of_list()
    is_ahead = date >= form.today
    page = DayPaginator(by_the_clock(_chosen(form, user), date, kind, today=form.today)).get_page(
        request.GET.get("page")
    )
    return {
        "kind": kind.value,
        "closed": days_between(date, date).closed(date) if is_ahead else None,
        "can_be_closed": user.is_administrator and is_ahead,
        "page": page,
        "more": more_after(page),
        "entries": entries_of(page.object_list, to=user, now=now),
        "query": form.query(kind=kind),
        "kind_links": [(each.value, form.url(kind=each)) for each in kinds_of(date, today=form.today)],
    }


def _chosen(form: CalendarForm, user: User) -> CaseQuerySet:
    return form.chosen(Case.objects.visible_to(user).select_related("member", "assigned_to"))


def _links(form: CalendarForm) -> dict[str, Any]:
    period = form.period()
    around = {"previous": period.previous, "next": period.next}
    return {
        **{name: form.url(date=other.first, kind=None) if other else None for name, other in around.items()},
        # On a phone, the days before it may fill several screens.
        "today": form.url(date=form.today, kind=None) + "#today",
        "views": [(view.value, form.url(view=view, kind=None)) for view in CalendarView],
        "query": form.query(),
    }


def _not_moved(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    """Show the case as it is now, with what was typed if it can still be moved."""
    case, user, now = visible_case(request, pk), request.user, portal_now()
    typed = MoveForm(request.POST, case=case, by=user, now=now)
    if before := _moved_before(typed, case, user):
        return _back_to_calendar(request, case, before.former_schedule, now=now)
    if error.status == 400:
        add_refusal(typed, error)
        return _move_page(request, case, typed, now=now, status=400)
    form = None
    if Action.RESCHEDULE in permissions.allowed(by=user, case=case):
        form = _blank(case, user, now, request.POST.get("release_date"), request.POST.get("reason", ""))
    return _move_page(request, case, form, now=now, status=error.status, problem=error.message)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
@refusals_shown_by(_not_moved)
def move_case(request: PortalRequest, pk: int) -> HttpResponse:
    """Move a release to another day by `release_date`, `reason` and `version` (POST). GET `to` proposes a day.

    The rest of the query is the calendar's, to which a move returns. A refusal answers with its status, and nothing has
    moved.
    """
    case, user, now = visible_case(request, pk), request.user, portal_now()
    permissions.check(Action.RESCHEDULE, by=user, case=case)
    if request.method != "POST":
        return _move_page(request, case, _blank(case, user, now, request.GET.get("to")), now=now)
    form = MoveForm(request.POST, case=case, by=user, now=now)
    if not form.is_valid():
        return _move_page(request, case, form, now=now, status=400)
    former = case.schedule
    moved = releases.schedule(
        case=case, by=user, source=CaseEvent.Source.WEB, release_on=form.new_schedule(case), **form.change()
    )
    return _back_to_calendar(request, moved, former, now=now)


def _moved_before(form: MoveForm, case: Case, user: User) -> CaseEvent | None:
    """Return the earlier, identical move by `user` if the request is sent again and nothing has happened to `case`
    since."""
    if not form.is_valid():
        return None
    event = history.last_done(case, by=user, kinds=DATE_SET, reason=form.cleaned_data["reason"])
    return event if event and event.schedule == form.new_schedule(case) else None


def _back_to_calendar(request: PortalRequest, case: Case, former: Schedule | None, *, now: dt.datetime) -> HttpResponse:
    """Redirect to the calendar, and say where `case` is now."""
    back = _way_back(request, now)
    url = f"{reverse('move_case', args=[case.pk])}?{back.query()}"
    undo_offers.tell_moved(request, _moved(case), url=url, case=case, former=former)
    return redirect(back.url())


def _blank(case: Case, user: User, now: dt.datetime, date: str | None, reason: str = "") -> MoveForm:
    present = case.scheduled_release_date
    initial = {"version": case.version, "release_date": date or present, "reason": reason}
    return MoveForm(initial=initial, case=case, by=user, now=now)


def _way_back(request: PortalRequest, now: dt.datetime) -> CalendarForm:
    back, _problems = calendar_forms.read(request.GET, by=request.user, now=now)
    return back


def _move_page(
    request: PortalRequest, case: Case, form: MoveForm | None, *, now: dt.datetime, status: int = 200, problem: str = ""
) -> HttpResponse:
    back = _way_back(request, now)
    context = {
        "case": VisibleCase.of(case, to=request.user),
        "form": form,
        "problem": problem,
        "back": back.url(),
        "query": back.query(),
    }
    return render(request, "cases/calendar_move.html", context, status=status)


def _moved(case: Case) -> str:
    moment = on_portal_clock(cast(dt.datetime, case.release_instant), "MOMENT_FORMAT")
    return _("Moved to %(date)s.") % {"date": moment}
