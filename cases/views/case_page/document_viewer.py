"""Documents shown in the page. What a browser can show runs nothing of the file: its answer is a sandbox of its own."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from cases.documents import file_types
from cases.lifecycle import first_views
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import CaseDocument, FirstView
from cases.views.case_page.documents import file_response, not_opened, visible_document
from cases.views.refusals import refusals_shown_by
from cases.views.requests import PortalRequest

# No script, no form, no plugin, no request to anywhere, and an origin of its own. Only a page of ours frames it.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'self'"


@require_safe
@csp_update({"frame-src": [SELF]})
def view_document(request: PortalRequest, pk: int, document_pk: int) -> HttpResponse:
    """Show the page around the file, with its download. Download a file that no browser shows."""
    found = visible_document(request, pk, document_pk)
    if not file_types.is_shown(found.content_type):
        return redirect("document", pk=pk, document_pk=document_pk)
    context = {"document": found, "case": VisibleCase.of(found.case, to=request.user)}
    return render(request, "cases/document_view.html", context)


@require_safe
@xframe_options_sameorigin
@cache_control(private=True, no_store=True)
@refusals_shown_by(not_opened)
def document_content(request: PortalRequest, pk: int, document_pk: int) -> FileResponse | HttpResponse:
    """Send the file itself, for the page around it. Record that its member viewed a report."""
    found = visible_document(request, pk, document_pk, kind=FirstView.Kind.VIEWED)
    if not file_types.is_shown(found.content_type):
        return redirect("document", pk=pk, document_pk=document_pk)
    response = file_response(found)
    response["Content-Security-Policy"] = SANDBOX
    if found.kind == CaseDocument.Kind.REPORT:
        first_views.record(found, kind=FirstView.Kind.VIEWED, by=request.user, request=request)
    return response
