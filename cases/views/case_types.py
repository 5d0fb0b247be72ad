"""The case types, for administrators."""

from typing import Any

from django.contrib import messages
from django.forms import model_to_dict
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.casework import case_types as verbs
from cases.core import limits, schedule
from cases.core.errors import CaseError, SentAlready
from cases.forms.case_types import CaseTypeForm, ConditionForms, condition_forms
from cases.forms.versions import VersionForm
from cases.lifecycle import form_tokens
from cases.models import CaseType, PortalEvent
from cases.views.decorators import administrators_only
from cases.views.refusals import add_refusal, refusals_shown_by
from cases.views.requests import PortalRequest

WEB = PortalEvent.Source.WEB


@require_safe
@administrators_only
def case_types(request: PortalRequest) -> HttpResponse:
    """List all types in their order, the retired ones last."""
    context = {
        "types": verbs.in_order().prefetch_related("conditions"),
        "lead": schedule.portals_lead_time(),
        "most": limits.CASE_TYPES,
    }
    return render(request, "cases/case_types/list.html", context)


def _not_added(request: PortalRequest, error: CaseError) -> HttpResponse:
    form = CaseTypeForm(request.POST)
    add_refusal(form, error)
    return _page(request, None, form, condition_forms(request.POST), status=error.status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
@refusals_shown_by(_not_added)
def new_case_type(request: PortalRequest) -> HttpResponse:
    """Add a type, behind the ones that there are."""
    if request.method != "POST":
        return _page(request, None, CaseTypeForm(initial={"position": verbs.next_position()}), condition_forms())
    form, conditions = CaseTypeForm(request.POST), condition_forms(request.POST)
    if not (form.is_valid() & conditions.is_valid()):
        return _page(request, None, form, conditions, status=400)
    token = form_tokens.sent_in(request)
    try:
        made = verbs.add(by=request.user, source=WEB, facts=form.facts(conditions), form_token=token).pk
    except SentAlready as sent:
        made = sent.made
    messages.success(request, _("Case type added."))
    return redirect("case_type", pk=made)


def _not_changed(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    """Show what was typed, for the type as it is now: who saves again has read that someone changed it."""
    case_type = get_object_or_404(CaseType, pk=pk)
    form = CaseTypeForm(request.POST.dict() | {"version": case_type.version})
    add_refusal(form, error)
    return _page(request, case_type, form, condition_forms(request.POST), status=error.status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
@refusals_shown_by(_not_changed)
def case_type(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one type, and change it."""
    found = get_object_or_404(CaseType, pk=pk)
    if request.method != "POST":
        return _show(request, found)
    form, conditions = CaseTypeForm(request.POST), condition_forms(request.POST)
    if not (form.is_valid() & conditions.is_valid()):
        return _page(request, found, form, conditions, status=400)
    version, facts = form.cleaned_data["version"], form.facts(conditions)
    verbs.change(case_type=found, by=request.user, source=WEB, facts=facts, version=version)
    messages.success(request, _("Changes saved."))
    return redirect("case_type", pk=pk)


def _not_retired(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    return _show(request, get_object_or_404(CaseType, pk=pk), status=error.status, problem=error.message)


@require_POST
@administrators_only
@refusals_shown_by(_not_retired)
def retire_case_type(request: PortalRequest, pk: int) -> HttpResponse:
    """Retire the type (POST `retired` yes) or bring it back (no). Anything else changes nothing."""
    found = get_object_or_404(CaseType, pk=pk)
    retired = {"yes": True, "no": False}.get(request.POST.get("retired", ""))
    if retired is None:
        return _show(request, found, status=400, problem=_("Choose whether to retire the type or bring it back."))
    version = VersionForm(request.POST).seen()
    verbs.set_retired(case_type=found, retired=retired, by=request.user, source=WEB, version=version)
    messages.success(request, _("Case type retired.") if retired else _("Members can choose this type again."))
    return redirect("case_type", pk=pk)


def _show(request: PortalRequest, found: CaseType, **context: Any) -> HttpResponse:
    form = CaseTypeForm(initial=model_to_dict(found))
    return _page(request, found, form, condition_forms(present=found), **context)


def _page(
    request: PortalRequest,
    found: CaseType | None,
    form: CaseTypeForm,
    conditions: ConditionForms,
    *,
    status: int = 200,
    problem: str = "",
) -> HttpResponse:
    context = {
        "case_type": found,
        "form": form,
        "conditions": conditions,
        "problem": problem,
        "lead": schedule.portals_lead_time(),
        "most": limits.CONDITIONS,
    }
    return render(request, "cases/case_types/edit.html", context, status=status)
