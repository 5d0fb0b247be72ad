"""`/`: what waits for whoever is logged in."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases import boards
from cases.models import User


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The dashboard of the person's role."""
    return member_dashboard(request) if cast(User, request.user).is_member else staff_dashboard(request)


@require_safe
def member_dashboard(request: HttpRequest) -> HttpResponse:
    """A member's cases by state: ready ones first. Completed cases that are not released are not among them."""
    groups = [group for group in boards.groups_for(cast(User, request.user)) if group.cases]
    return render(request, "cases/member_dashboard.html", {"groups": groups})


def staff_dashboard(request: HttpRequest) -> HttpResponse:
    """A technician's own work and what anybody may take; for administrators the same over everybody's."""
    groups = boards.groups_for(cast(User, request.user))
    return render(request, "cases/staff_dashboard.html", {"groups": groups})
