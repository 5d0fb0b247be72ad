"""The page of evidence of one release, for staff: to read, and to print."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.core.clock import portal_now
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.selectors.release_evidence import release_evidence as evidence_of
from cases.views.case_page.case_detail import visible_case
from cases.views.decorators import staff_only
from cases.views.requests import PortalRequest


@require_safe
@staff_only
def release_evidence(request: PortalRequest, pk: int, number: int) -> HttpResponse:
    """Show what became of the release `number` of a case. Http404 where the case has had no such release."""
    case = visible_case(request, pk)
    evidence = evidence_of(case, number)
    if evidence is None:
        raise Http404
    context = {
        "case": VisibleCase.of(case, to=request.user),
        "evidence": evidence,
        "numbers": range(1, case.release_number + 1)[-20:],
        "now": portal_now(),
    }
    return render(request, "cases/release_evidence.html", context)
