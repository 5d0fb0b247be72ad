"""The operations page, for administrators: a page, three parts of it that refresh themselves, and what they can do."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from cases.core.clock import portal_now
from cases.delivery.resend import resend
from cases.forms.release_stop import ReleaseStopForm
from cases.lifecycle import stored_clock
from cases.models import Case, CaseEvent, OutgoingEmail
from cases.monitoring import daily_statistics
from cases.monitoring.bounce_status import bounce_status
from cases.monitoring.broker_status import broker_status
from cases.monitoring.document_status import document_status
from cases.monitoring.heartbeats import SchedulerHealth, scheduler_health
from cases.monitoring.outbox_status import outbox_status
from cases.monitoring.problems import Problem
from cases.monitoring.release_status import release_status
from cases.monitoring.release_stop_status import held_by_stop
from cases.views.decorators import administrators_only
from cases.views.refusals import refusal_above, refusals_shown_by
from cases.views.requests import PortalRequest

PERIODS = (7, 30, 90)
DEFAULT_PERIOD = 30


@require_safe
@administrators_only
def operations(request: PortalRequest) -> HttpResponse:
    """Show the page. `?days=` is 7, 30 or 90, anything else is 30. It does not wait for the broker."""
    return show_operations(request)


def show_operations(
    request: PortalRequest, *, stop_form: ReleaseStopForm | None = None, status: int = 200
) -> HttpResponse:
    """Render the page, with what someone typed into the form that stops or starts releases."""
    context = {"flower_url": settings.FLOWER_URL, "periods": PERIODS, "stop_form": stop_form or ReleaseStopForm()}
    now = portal_now()
    signs = scheduler_health(now)
    context |= _figures(request, now, signs) | _present(request, now, signs)
    if context["release_stop"]:
        context["held_by_stop"] = held_by_stop(now)
    return render(request, "cases/operations/page.html", context, status=status)


@require_safe
@administrators_only
def operations_figures(request: PortalRequest) -> HttpResponse:
    """Render the figures of the period alone."""
    now = portal_now()
    return render(request, "cases/operations/figures.html", _figures(request, now, scheduler_health(now)))


@require_safe
@administrators_only
def operations_present(request: PortalRequest) -> HttpResponse:
    """Render the state of this moment alone."""
    now = portal_now()
    return render(request, "cases/operations/present.html", _present(request, now, scheduler_health(now)))


@require_safe
@administrators_only
def operations_workers(request: PortalRequest) -> HttpResponse:
    """Ask broker and workers, for about two seconds. Getting no response is a result too."""
    broker = broker_status()
    is_used = not scheduler_health(portal_now()).is_run_by_command
    context = {"broker": broker, "is_used": is_used, "needs_attention": broker.problems if is_used else []}
    return render(request, "cases/operations/workers.html", context)


@require_POST
@administrators_only
@refusals_shown_by(refusal_above("operations"))
def resend_email(request: PortalRequest, pk: int) -> HttpResponse:
    """Have an email that was given up sent again."""
    email = get_object_or_404(OutgoingEmail, pk=pk)
    rows = resend(email=email, by=request.user, source=CaseEvent.Source.WEB)
    messages.success(request, _resent(rows) if email.case_id else _("Resending the email."))
    return redirect("operations")


def _resent(rows: int) -> str:
    said = ngettext("Resending the email about %(count)s case.", "Resending the email about %(count)s cases.", rows)
    return said % {"count": rows}


def _figures(request: PortalRequest, now: dt.datetime, signs: SchedulerHealth) -> dict[str, Any]:
    wanted = request.GET.get("days", "")
    days = int(wanted) if wanted in map(str, PERIODS) else DEFAULT_PERIOD
    period = daily_statistics.period(days, now)
    return {
        "now": now,
        "days": days,
        "period": period,
        # The command counts whenever it runs.
        "is_stale": period.is_stale and not signs.is_run_by_command,
        "sources": [(source.label, period.released_by[source]) for source in CaseEvent.Source],
        "lateness_p50": period.lateness(0.5),
        "lateness_p95": period.lateness(0.95),
        "first_view_p50": period.first_view(0.5),
        "first_view_p95": period.first_view(0.95),
    }


def _present(request: PortalRequest, now: dt.datetime, signs: SchedulerHealth) -> dict[str, Any]:
    cases = Case.objects.visible_to(request.user)
    releases = release_status(cases, now, has_wakeups=not signs.is_run_by_command)
    emails = outbox_status(cases, now, patience=signs.patience)
    clocks = [Problem(text, reverse("portal_settings"))] if (text := stored_clock.mismatch()) else []
    documents, bounces = document_status(), bounce_status()
    parts = (releases, emails, bounces, signs, documents)
    problems = [*clocks, *(problem for part in parts for problem in part.problems)]
    return {
        "now": now,
        "present": releases,
        "release_stop": releases.stop,
        "mail": emails,
        "bounces": bounces,
        "pulse": signs,
        "documents": documents,
        # Not "problems", which are errors of this page itself, and would be in its title.
        "needs_attention": problems,
    }
