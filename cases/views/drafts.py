"""What members do with their drafts, all on one page: write, attach, save, submit, delete."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.casework import drafts
from cases.core.errors import CaseError, DraftChanged, FormReused, SentAlready, WrongState
from cases.documents import attach_and_remove as documents
from cases.documents.upload_handlers import is_file_sent, uploaded_file
from cases.forms.drafts import ATTACH, SUBMIT, DraftForm
from cases.forms.versions import VersionForm
from cases.lifecycle import form_tokens, permissions
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent
from cases.views.case_page.case_detail import show_refusal, visible_case
from cases.views.draft_page import render_draft, render_saved
from cases.views.refusals import refusals_shown_by
from cases.views.requests import PortalRequest

WEB = CaseEvent.Source.WEB


def _not_created(request: PortalRequest, error: CaseError) -> HttpResponse:
    if request.htmx:
        return render_saved(request, problem=error.message, status=error.status)
    return render_draft(request, DraftForm(request.POST), problem=error.message, status=error.status)


@require_http_methods(["GET", "HEAD", "POST"])
@refusals_shown_by(_not_created)
def new_case(request: PortalRequest) -> HttpResponse:
    """Create a draft, whose number is generated. By HTMX's header the page saves itself."""
    user = request.user
    if not user.is_member:
        raise PermissionDenied(_("Only members can create cases."))
    form = _form(request)
    if not form.is_bound or not form.is_valid():
        return _shown(request, form)
    try:
        made = drafts.create(by=user, form_token=form_tokens.sent_in(request), **form.text()).pk
    except SentAlready as sent:
        return _carry_on(request, sent.made, is_again=True)
    except FormReused as reused:
        if not (request.htmx and reused.made):
            raise
        # The answer to what made the draft was lost, and more was typed since.
        drafts.edit(case=visible_case(request, reused.made), by=user, version=0, **form.text())
        made = reused.made
    return _carry_on(request, made)


def _not_edited(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    is_changed = isinstance(error, DraftChanged)
    if request.htmx:
        return render_saved(request, problem=error.message, status=error.status, is_changed=is_changed)
    if request.method != "POST" and isinstance(error, WrongState):
        # The way back from the case that was just submitted.
        messages.info(request, error.message)
        return redirect("case_detail", pk=pk)
    if is_changed:
        form = DraftForm(request.POST, instance=visible_case(request, pk))
        return _changed_meanwhile(request, pk, form, error)
    return show_refusal(request, error, pk)


@require_http_methods(["GET", "HEAD", "POST"])
@refusals_shown_by(_not_edited)
def edit_case(request: PortalRequest, pk: int) -> HttpResponse:
    """Change a draft. A person who can no longer save finds what was typed on the page that says so."""
    case = visible_case(request, pk)
    # A form of its own instance: what was typed must not show in the case when it is refused.
    form = _form(request, instance=visible_case(request, pk))
    permissions.check(Action.EDIT, by=request.user, case=case)
    if not form.is_bound or not form.is_valid():
        return _shown(request, form, case=case)
    drafts.edit(case=case, by=request.user, version=form.cleaned_data["version"], **form.text())
    return _carry_on(request, pk, form_token=form_tokens.sent_in(request))


def _form(request: PortalRequest, **options: Any) -> DraftForm:
    unfinished = bool(request.htmx) or request.POST.get("then") == ATTACH
    return DraftForm(request.POST if request.method == "POST" else None, is_unfinished=unfinished, **options)


def _shown(request: PortalRequest, form: DraftForm, case: Case | None = None) -> HttpResponse:
    """Show the form, empty or with its errors."""
    status = 400 if form.is_bound else 200
    if request.htmx and form.is_bound:
        words = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return render_saved(request, problem=words, status=status)
    return render_draft(request, form, case=case, status=status)


def _changed_meanwhile(request: PortalRequest, pk: int, form: DraftForm, error: CaseError) -> HttpResponse:
    """Show what was typed beside the draft as it is now. Who saves again has seen both."""
    case = visible_case(request, pk)
    form.data = request.POST.dict() | {"version": case.version}
    return render_draft(request, form, case=case, problem=error.message, status=error.status, is_changed=True)


def _not_carried_on(
    request: PortalRequest, error: CaseError, pk: int, *, is_again: bool = False, form_token: str = ""
) -> HttpResponse:
    """Say on the page of the draft, which is saved, what could not be done with it."""
    case = visible_case(request, pk)
    if Action.EDIT not in permissions.allowed(by=request.user, case=case):
        return show_refusal(request, error, pk)
    said = {"document_problem" if error.field == "file" else "problem": error.message}
    return render_draft(request, DraftForm(instance=case), case=case, status=error.status, **said)


@refusals_shown_by(_not_carried_on)
def _carry_on(request: PortalRequest, pk: int, *, is_again: bool = False, form_token: str = "") -> HttpResponse:
    """Attach the file that came along to the saved draft `pk`, and do what the button says.

    A button that was pressed twice attaches its file once: by the token of the form, or, where that has made the draft,
    by `is_again`.
    """
    case = visible_case(request, pk)
    if request.htmx:
        return render_saved(request, case)
    if is_file_sent(request) and not is_again:
        with suppress(SentAlready):
            documents.attach(case=case, by=request.user, file=uploaded_file(request), source=WEB, form_token=form_token)
    then = request.POST.get("then")
    if then == ATTACH:
        return redirect(reverse("edit_case", args=[pk]) + "#documents")
    if then == SUBMIT and case.status == Case.Status.DRAFT:
        drafts.submit(case=case, by=request.user, source=WEB, version=case.version)
    _tell(request, is_submitted=then == SUBMIT)
    return redirect("case_detail", pk=pk)


@require_POST
@refusals_shown_by(show_refusal)
def submit_case(request: PortalRequest, pk: int) -> HttpResponse:
    """Submit the draft."""
    case = visible_case(request, pk)
    drafts.submit(case=case, by=request.user, source=WEB, version=VersionForm(request.POST).seen())
    _tell(request, is_submitted=True)
    return redirect("case_detail", pk=pk)


def _tell(request: HttpRequest, *, is_submitted: bool) -> None:
    submitted = _("Your case has been submitted. You can follow it under “In progress”.")
    messages.success(request, submitted if is_submitted else _("Draft saved. It isn't submitted yet."))


@require_POST
@refusals_shown_by(show_refusal)
def delete_case(request: PortalRequest, pk: int) -> HttpResponse:
    """Delete the draft, with its documents."""
    drafts.delete_draft(case=visible_case(request, pk), by=request.user, source=WEB)
    messages.success(request, _("Draft deleted."))
    return redirect("dashboard")
