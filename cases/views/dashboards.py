"""`/`: what waits for whoever is logged in."""

from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases import states
from cases.models import Case, CaseQuerySet, User
from cases.paging import capped_count
from cases.seen import SeenCase
from cases.states import Shown

ROWS = 5


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The dashboard of the person's role."""
    return member_dashboard(request) if cast(User, request.user).is_member else staff_dashboard(request)


@require_safe
def member_dashboard(request: HttpRequest) -> HttpResponse:
    """A member's cases by state: ready ones first. Completed cases that are not released are not among them."""
    user = cast(User, request.user)
    cases = Case.objects.visible_to(user)
    order = ["released", "announced", "accepted", "submitted", "draft"]
    shown = sorted(states.shown_to(user), key=lambda state: order.index(state.key))
    groups = [_group(cases.filter(state.where), state, user) for state in shown]
    return render(
        request, "cases/member_dashboard.html", {"groups": groups, "has_cases": any(group["cases"] for group in groups)}
    )


def staff_dashboard(request: HttpRequest) -> HttpResponse:
    """A technician's own work and what anybody may take; for administrators the same over everybody's."""
    user = cast(User, request.user)
    cases = Case.objects.visible_to(user).select_related("member", "assigned_to")
    mine = cases if user.is_administrator else cases.filter(assigned_to=user)
    groups = [
        _group((cases if state.key == "submitted" else mine).filter(state.where), state, user)
        for state in states.for_staff()
    ]
    return render(request, "cases/staff_dashboard.html", {"groups": groups})


def _group(cases: CaseQuerySet, state: Shown, user: User) -> dict[str, object]:
    ordered: QuerySet[Case] = cases
    if state.key == "released":
        ordered = cases.order_by("-actual_release_date", "-pk")
    elif state.key == "completed":
        ordered = cases.order_by("scheduled_release_date", "scheduled_release_time", "pk")
    rows = [SeenCase.of(case, to=user) for case in ordered[:ROWS]]
    return {"state": state, "cases": rows, "count": capped_count(cases)}
