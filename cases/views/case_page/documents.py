"""The documents of a case: attaching, downloading and removing them."""

from contextlib import suppress
from typing import Any, cast

import structlog
from django.contrib import messages
from django.core.files import File
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.core.errors import BadDocument, CaseError, DocumentUnavailable, FormReused, SentAlready, StorageFailed
from cases.core.text import isolated
from cases.documents import attach_and_remove as documents
from cases.documents.upload_handlers import uploaded_file
from cases.lifecycle import first_views, form_tokens, permissions
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.permissions import Action
from cases.lifecycle.stored_files import STORAGE_ERRORS
from cases.models import CaseDocument, CaseEvent, FirstView
from cases.views.case_page.case_detail import render_case, show_refusal, visible_case
from cases.views.refusals import refusals_shown_by
from cases.views.requests import PortalRequest

logger = structlog.get_logger(__name__)

WEB = CaseEvent.Source.WEB


def not_opened(request: PortalRequest, error: CaseError, pk: int, document_pk: int) -> HttpResponse:
    """Show a page of its own, which also fits in the frame of a document."""
    return render(request, "cases/document_unavailable.html", {"problem": error.message, "pk": pk}, status=error.status)


@require_safe
@cache_control(private=True, no_store=True)
@refusals_shown_by(not_opened)
def document(request: PortalRequest, pk: int, document_pk: int) -> FileResponse:
    """Send the file, to be saved and never to be shown as a page of the portal.

    Http404 where the person may not know of it, or the storage has lost it.
    """
    found = visible_document(request, pk, document_pk)
    response = file_response(found, as_attachment=True)
    if found.kind == CaseDocument.Kind.REPORT:
        first_views.record(found, kind=FirstView.Kind.DOCUMENT, by=request.user, request=request)
    return response


def file_response(document: CaseDocument, *, as_attachment: bool = False) -> FileResponse:
    """Return the stored file. Http404 where the storage has lost it, DocumentUnavailable where it can't be read now."""
    try:
        response = FileResponse(
            _opened(document), as_attachment=as_attachment, filename=document.name, content_type=document.content_type
        )
    except FileNotFoundError:
        logger.exception("stored file is missing", document_id=document.pk)
        raise Http404 from None
    except STORAGE_ERRORS as error:
        logger.exception("stored file cannot be read", document_id=document.pk, errno=getattr(error, "errno", None))
        raise DocumentUnavailable from error
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _opened(document: CaseDocument) -> File[Any]:
    """Open the stored file and read its beginning, because once the response has begun, it is too late for an error."""
    file = cast(File[Any], document.file.open("rb"))
    file.read(1)
    file.seek(0)
    return file


def _not_attached(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    """Show errors of the file next to its field, and others above the page."""
    is_of_file = isinstance(error, BadDocument | StorageFailed | FormReused)
    said = {"document_problem" if is_of_file else "problem": error.message}
    return render_case(request, visible_case(request, pk), status=error.status, **said)


@require_POST
@refusals_shown_by(_not_attached)
def attach_document(request: PortalRequest, pk: int) -> HttpResponse:
    """Attach `file` (POST). A refusal answers with the page of the case, and the sentence beside the field."""
    case, user = visible_case(request, pk), request.user
    permissions.check(Action.ATTACH, by=user, case=case)
    file = uploaded_file(request)
    with suppress(SentAlready):
        attached = documents.attach(case=case, by=user, file=file, source=WEB, form_token=form_tokens.sent_in(request))
        messages.success(request, _("“%(name)s” attached.") % {"name": isolated(attached.name)})
    return redirect("case_detail", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@refusals_shown_by(show_refusal)
def remove_document(request: PortalRequest, pk: int, document_pk: int) -> HttpResponse:
    """Ask whether to remove the document, by its name (GET). Remove it (POST). One that is gone was removed."""
    try:
        found = visible_document(request, pk, document_pk)
    except Http404:
        return _removed(request, pk, name=_name_of_removed(request, pk, document_pk))
    if request.method != "POST":
        return _ask_to_remove(request, found)
    documents.remove(document=found, by=request.user, source=WEB)
    return _removed(request, pk, name=found.name)


def _name_of_removed(request: PortalRequest, pk: int, document_pk: int) -> str:
    """Return what a document was called that was removed: in another tab, or by a button that is pressed again.

    Http404 where there was none. Members are told of those alone that they removed themselves.
    """
    steps = CaseEvent.objects.filter(case=visible_case(request, pk), kind=CaseEvent.Kind.DOCUMENT_REMOVED)
    known = steps.filter(actor=request.user) if request.user.is_member else steps
    return str(get_object_or_404(known, details__document=document_pk).details["name"])


def _removed(request: PortalRequest, pk: int, *, name: str) -> HttpResponse:
    messages.success(request, _("“%(name)s” removed.") % {"name": isolated(name)})
    return redirect(_list_of(request, pk))


def _list_of(request: PortalRequest, pk: int) -> str:
    """Return the address of the list that the document is removed from: of the case, or of the form of a draft."""
    page = "edit_case" if request.GET.get("from") == "edit" else "case_detail"
    return reverse(page, args=[pk]) + "#documents"


def _ask_to_remove(request: PortalRequest, found: CaseDocument) -> HttpResponse:
    user = request.user
    documents.check_removal(found, by=user)
    back = _list_of(request, found.case_id)
    context = {"document": found, "case": VisibleCase.of(found.case, to=user), "back": back}
    return render(request, "cases/remove_document.html", context)


def visible_document(
    request: PortalRequest, pk: int, document_pk: int, *, kind: FirstView.Kind = FirstView.Kind.DOCUMENT
) -> CaseDocument:
    """Return the document of that case for the person in person, with whether a view of this `kind` is recorded.

    Http404 where they may not know of it.
    """
    documents = CaseDocument.objects.visible_to(request.user).select_related("case").defer("case__description")
    recorded = first_views.with_recorded(documents, kind=kind, by=request.user, case="case__")
    return get_object_or_404(recorded, pk=document_pk, case_id=pk)
