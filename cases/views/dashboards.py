"""`/`: what is waiting for the signed-in person."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.core.clock import portal_now
from cases.lifecycle.deputies import absence_today, covered_by
from cases.selectors import dashboard as boards
from cases.selectors.owned_conditions import ROWS, owned_conditions
from cases.selectors.questions_to_members import questions_in
from cases.selectors.release_contents import contents_of
from cases.views.live import dashboard_token
from cases.views.requests import PortalRequest


@require_safe
def dashboard(request: PortalRequest) -> HttpResponse:
    """Show the dashboard of the person's role."""
    return member_dashboard(request) if request.user.is_member else staff_dashboard(request)


@require_safe
def member_dashboard(request: PortalRequest) -> HttpResponse:
    """Show a member's cases, what is ready and new first. No completed case is among them before its release."""
    groups = [group for group in boards.groups_for(request.user) if group.cases]
    new = [case for group in groups if group.is_new for case in group.cases]
    waiting = [case for group in groups if group.section.key == "waiting" for case in group.cases]
    context = {
        "groups": groups,
        "live_token": dashboard_token(groups),
        "news": contents_of(new, to=request.user),
        "questions": questions_in(waiting, to=request.user),
    }
    return render(request, "cases/member_dashboard.html", context)


def staff_dashboard(request: PortalRequest) -> HttpResponse:
    """Show the queue that any technician may take from, and a technician's own work.

    Administrators see everyone's, and whether something is wrong with the releases.
    """
    user = request.user
    now = portal_now()
    groups = boards.groups_for(user, now)
    conditions = owned_conditions(user)
    context = {
        "groups": [group for group in groups if group.section.key != "failing"],
        "live_token": dashboard_token(groups),
        "failing": next((group for group in groups if group.section.key == "failing" and not group.is_empty), None),
        "urgent": boards.count_urgent(user),
        "conditions": conditions[:ROWS],
        "has_more_conditions": len(conditions) > ROWS,
        "away": absence_today(user) if user.is_technician else None,
        "covered": covered_by(user),
        "now": now,
        "is_overdue": user.is_administrator and boards.is_overdue(now),
    }
    return render(request, "cases/staff_dashboard.html", context)
