"""The buttons and pages of a case's conditions, for staff. Each calls one verb."""

from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cases import releases
from cases.core.errors import CaseError, ConditionRemoved, SentAlready
from cases.delivery.portal_links import portal_url
from cases.forms.conditions import ConditionForm
from cases.forms.release import ChangeForm
from cases.forms.versions import VersionForm
from cases.lifecycle import form_tokens, permissions
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, Condition
from cases.models.condition import UNMET
from cases.views.case_page.case_detail import show_refusal, visible_case
from cases.views.decorators import staff_only
from cases.views.refusals import add_refusal_renewed, refusals_shown_by
from cases.views.requests import PortalRequest

WEB = CaseEvent.Source.WEB
Kind, State = Condition.Kind, Condition.State
ASKS_AND_ACTS = ["GET", "HEAD", "POST"]


def _not_added(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    """Show what was typed again, for the case as it is now. Where it can no longer be done, the page of the case."""
    case = visible_case(request, pk)
    if Action.ADD_CONDITION not in permissions.allowed(by=request.user, case=case):
        return show_refusal(request, error, pk)
    form = ConditionForm(request.POST)
    add_refusal_renewed(form, error, case=case)
    return _show_form(request, case, form, status=error.status)


@require_http_methods(ASKS_AND_ACTS)
@staff_only
@refusals_shown_by(_not_added)
def add_condition(request: PortalRequest, pk: int) -> HttpResponse:
    """Show the form, with the `kind` of the query chosen. POST `kind`, `name`, `owner`, `version` adds one."""
    case = visible_case(request, pk)
    permissions.check(Action.ADD_CONDITION, by=request.user, case=case)
    if request.method != "POST":
        initial = {"version": case.version, "kind": request.GET.get("kind", "")}
        return _show_form(request, case, ConditionForm(initial=initial))
    form = ConditionForm(request.POST)
    if not form.is_valid():
        return _show_form(request, case, form, status=HTTPStatus.BAD_REQUEST)
    token = form_tokens.sent_in(request)
    # A button that was pressed twice has added the condition already.
    with suppress(SentAlready):
        releases.add_condition(case=case, by=request.user, source=WEB, form_token=token, **form.condition())
    is_approval = form.cleaned_data["kind"] == Kind.APPROVAL
    messages.success(request, _asked_for_approval() if is_approval else _("Condition added."))
    return _to_panel(pk)


def _not_met(request: PortalRequest, error: CaseError, pk: int, condition_pk: int) -> HttpResponse:
    if settled := _settled_before(request, pk, condition_pk, State.MET):
        return _met(request, settled)
    return show_refusal(request, error, pk)


@require_POST
@staff_only
@refusals_shown_by(_not_met)
def meet_condition(request: PortalRequest, pk: int, condition_pk: int) -> HttpResponse:
    """Confirm a manual condition. POST `version`."""
    condition, version = _asked(request, pk, condition_pk)
    return _met(request, releases.meet_condition(condition=condition, by=request.user, source=WEB, version=version))


@require_POST
@staff_only
@refusals_shown_by(_not_met)
def approve_release(request: PortalRequest, pk: int, condition_pk: int) -> HttpResponse:
    """Approve the release as a second person. POST `version`."""
    condition, version = _asked(request, pk, condition_pk)
    return _met(request, releases.approve(condition=condition, by=request.user, source=WEB, version=version))


def _met(request: PortalRequest, condition: Condition) -> HttpResponse:
    messages.success(request, _("Release approved.") if condition.kind == Kind.APPROVAL else _("Condition met."))
    return _to_panel(condition.case_id)


def _not_removed(request: PortalRequest, error: CaseError, pk: int, condition_pk: int) -> HttpResponse:
    if _removals(pk, condition_pk).filter(actor=request.user).exists():
        return _removed(request, pk)
    return show_refusal(request, error, pk)


@require_POST
@staff_only
@refusals_shown_by(_not_removed)
def remove_condition(request: PortalRequest, pk: int, condition_pk: int) -> HttpResponse:
    """Remove a condition that was added by mistake. POST `version`."""
    condition, version = _asked(request, pk, condition_pk)
    releases.remove_condition(condition=condition, by=request.user, source=WEB, version=version)
    return _removed(request, pk)


def _removed(request: PortalRequest, pk: int) -> HttpResponse:
    messages.success(request, _("Condition removed."))
    return _to_panel(pk)


@require_POST
@never_cache
@staff_only
@refusals_shown_by(show_refusal)
def link_condition(request: PortalRequest, pk: int, condition_pk: int) -> HttpResponse:
    """Make a link for an external condition, and show it this once. POST `version`: sent again, it is an older one."""
    condition, version = _asked(request, pk, condition_pk)
    token = releases.make_link(condition=condition, by=request.user, source=WEB, version=version)
    condition.refresh_from_db()
    address = portal_url("condition_by_link", token)
    return render(request, "cases/conditions/link.html", _shown(request, pk, condition) | {"address": address})


def _not_waived(request: PortalRequest, error: CaseError, pk: int, condition_pk: int) -> HttpResponse:
    """Do as `_not_added`. A condition that was met, waived or removed meanwhile is no longer asked about."""
    form = ChangeForm(request.POST)
    if form.is_valid() and _settled_before(request, pk, condition_pk, State.WAIVED, form.cleaned_data["reason"]):
        return _waived(request, pk)
    case = visible_case(request, pk)
    condition = case.conditions.filter(UNMET, pk=condition_pk).first()
    if condition is None or Action.WAIVE not in permissions.allowed(by=request.user, case=case):
        return show_refusal(request, error, pk)
    add_refusal_renewed(form, error, case=case)
    return _show_waive(request, pk, condition, form, status=error.status)


@require_http_methods(ASKS_AND_ACTS)
@staff_only
@refusals_shown_by(_not_waived)
def waive_condition(request: PortalRequest, pk: int, condition_pk: int) -> HttpResponse:
    """Ask for the reason (GET). Waive the condition by `reason` and `version` (POST)."""
    case = visible_case(request, pk)
    condition = _condition(case, condition_pk)
    permissions.check(Action.WAIVE, by=request.user, case=case)
    if request.method != "POST":
        return _show_waive(request, pk, condition, ChangeForm(initial={"version": case.version}))
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return _show_waive(request, pk, condition, form, status=HTTPStatus.BAD_REQUEST)
    releases.waive_condition(condition=condition, by=request.user, source=WEB, **form.change())
    return _waived(request, pk)


def _waived(request: PortalRequest, pk: int) -> HttpResponse:
    messages.success(request, _("Condition waived."))
    return _to_panel(pk)


def _settled_before(
    request: PortalRequest, pk: int, condition_pk: int, state: str, reason: str = ""
) -> Condition | None:
    """Return the condition where the reader has settled it so: with a button that is pressed again."""
    theirs = Condition.objects.filter(settled_by=request.user, state=state, reason=reason)
    return theirs.filter(pk=condition_pk, case=pk).first()


def _asked(request: PortalRequest, pk: int, condition_pk: int) -> tuple[Condition, int | None]:
    """Return the condition of the case `pk`, and the version of the case that the person was looking at."""
    condition = _condition(visible_case(request, pk), condition_pk)
    return condition, VersionForm(request.POST).seen()


def _condition(case: Case, pk: int) -> Condition:
    """Return the condition of `case`. ConditionRemoved where it was one before, Http404 where it never was."""
    found = Condition.objects.filter(pk=pk, case=case).first()
    if found is None:
        raise ConditionRemoved if _removals(case.pk, pk).exists() else Http404
    return found


def _removals(case_pk: int, condition_pk: int) -> QuerySet[CaseEvent]:
    return CaseEvent.objects.filter(
        case=case_pk, kind=CaseEvent.Kind.CONDITION_REMOVED, details__condition=condition_pk
    )


def _show_form(request: PortalRequest, case: Case, form: ConditionForm, *, status: int = 200) -> HttpResponse:
    context = {"case": VisibleCase.of(case, to=request.user), "form": form}
    return render(request, "cases/conditions/add.html", context, status=status)


def _show_waive(
    request: PortalRequest, pk: int, condition: Condition, form: ChangeForm, *, status: int = 200
) -> HttpResponse:
    context = _shown(request, pk, condition) | {"form": form}
    return render(request, "cases/conditions/waive.html", context, status=status)


def _shown(request: PortalRequest, pk: int, condition: Condition) -> dict[str, Any]:
    return {"case": VisibleCase.of(visible_case(request, pk), to=request.user), "condition": condition}


def _asked_for_approval() -> str:
    return _("Approval requested. A colleague can approve the release on this page.")


def _to_panel(pk: int) -> HttpResponse:
    return redirect(reverse("case_detail", args=[pk]) + "#conditions")
