"""What members do with their drafts."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.casework import drafts
from cases.core.errors import CaseError, SentAlready, Stale
from cases.forms.drafts import DraftForm
from cases.forms.versions import VersionForm
from cases.lifecycle import form_tokens, permissions
from cases.lifecycle.permissions import Action
from cases.lifecycle.visible_case import VisibleCase
from cases.models import CaseEvent
from cases.views.case_detail import render_case, show_refusal, visible_case
from cases.views.refusals import refusals_shown_by
from cases.views.requests import PortalRequest


def _not_created(request: PortalRequest, error: CaseError) -> HttpResponse:
    context = {"form": DraftForm(request.POST), "problem": error.message}
    return render(request, "cases/case_form.html", context, status=error.status)


@require_http_methods(["GET", "HEAD", "POST"])
@refusals_shown_by(_not_created)
def new_case(request: PortalRequest) -> HttpResponse:
    """A new draft; its number is generated."""
    user = request.user
    if not user.is_member:
        raise PermissionDenied(_("Only members can create cases."))
    form = DraftForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return render(request, "cases/case_form.html", {"form": form}, status=400 if form.is_bound else 200)
    try:
        made = drafts.create(by=user, form_token=form_tokens.sent_in(request), **form.text()).pk
    except SentAlready as sent:
        made = sent.made
    messages.success(request, _("Draft saved. It isn't submitted yet."))
    return redirect("case_detail", pk=made)


def _not_edited(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    form = DraftForm(request.POST, instance=visible_case(request, pk)) if request.method == "POST" else None
    if form and isinstance(error, Stale):
        return _changed_meanwhile(request, pk, form, error)
    return render_case(request, visible_case(request, pk), status=error.status, problem=error.message, unsaved=form)


@require_http_methods(["GET", "HEAD", "POST"])
@refusals_shown_by(_not_edited)
def edit_case(request: PortalRequest, pk: int) -> HttpResponse:
    """Another text for a draft. Whoever can no longer save finds what was typed on the page that says so."""
    user = request.user
    case = visible_case(request, pk)
    # A form of its own instance: what was typed must not show in the case when it is refused.
    form = DraftForm(request.POST if request.method == "POST" else None, instance=visible_case(request, pk))
    permissions.check(Action.EDIT, by=user, case=case)
    if form.is_bound and form.is_valid():
        drafts.edit(case=case, by=user, version=form.cleaned_data["version"], **form.text())
        messages.success(request, _("Draft saved."))
        return redirect("case_detail", pk=pk)
    context = {"form": form, "case": VisibleCase.of(case, to=user)}
    return render(request, "cases/case_form.html", context, status=400 if form.is_bound else 200)


def _changed_meanwhile(request: PortalRequest, pk: int, form: DraftForm, error: Stale) -> HttpResponse:
    """What was typed, beside the draft as it is now. Who saves again has seen both."""
    case = visible_case(request, pk)
    form.data = request.POST.dict() | {"version": case.version}
    context = {
        "form": form,
        "case": VisibleCase.of(case, to=request.user, in_full=True),
        "problem": error.message,
    }
    return render(request, "cases/case_form.html", context, status=error.status)


@require_POST
@refusals_shown_by(show_refusal)
def submit_case(request: PortalRequest, pk: int) -> HttpResponse:
    """Hands the draft in."""
    case = visible_case(request, pk)
    drafts.submit(case=case, by=request.user, source=CaseEvent.Source.WEB, version=VersionForm(request.POST).seen())
    messages.success(request, _("Your case has been submitted. You can follow it under “In progress”."))
    return redirect("case_detail", pk=pk)
