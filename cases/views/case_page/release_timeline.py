"""The timeline of the releases of a case, for staff."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case
from cases.selectors.release_timeline import release_timelines
from cases.views.decorators import staff_only
from cases.views.requests import PortalRequest


@require_safe
@staff_only
def release_timeline(request: PortalRequest, pk: int) -> HttpResponse:
    """Show when each release of the case was planned, due, visible, mailed and seen."""
    case = get_object_or_404(Case.objects.shown_to(request.user), pk=pk)
    context = {"case": VisibleCase.of(case, to=request.user), "timelines": release_timelines(case)}
    return render(request, "cases/release_timeline.html", context)
