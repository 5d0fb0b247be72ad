"""What members do with their drafts."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.casework import drafts
from cases.core.errors import CaseError, SentAlready, Stale
from cases.core.retry_after import with_retry_after
from cases.forms.release import DraftForm
from cases.lifecycle import form_tokens, permissions
from cases.lifecycle.permissions import Action
from cases.lifecycle.visible_case import VisibleCase
from cases.models import CaseEvent, User
from cases.views.case_detail import render_case, visible_case


@require_http_methods(["GET", "HEAD", "POST"])
def new_case(request: HttpRequest) -> HttpResponse:
    """A new draft; its number is generated."""
    user = cast(User, request.user)
    if not user.is_member:
        raise PermissionDenied(_("Only members create cases."))
    form = DraftForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = drafts.create(by=user, form_token=form_tokens.sent_in(request), **form.text()).pk
        except SentAlready as sent:
            made = sent.made
        except CaseError as error:
            return render(
                request, "cases/case_form.html", {"form": form, "problem": error.message}, status=error.status
            )
        messages.success(request, _("Your draft is saved. Submit it when it is complete."))
        return redirect("case_detail", pk=made)
    return render(request, "cases/case_form.html", {"form": form}, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Another text for a draft. Whoever can no longer save finds what was typed on the page that says so."""
    user = cast(User, request.user)
    case = visible_case(request, pk)
    # A form of its own instance: what was typed must not show in the case when it is refused.
    form = DraftForm(request.POST if request.method == "POST" else None, instance=visible_case(request, pk))
    try:
        permissions.check(Action.EDIT, by=user, case=case)
        if request.method == "POST" and form.is_valid():
            drafts.edit(case=case, by=user, seen=form.cleaned_data["seen"], **form.text())
            messages.success(request, _("Your draft is saved."))
            return redirect("case_detail", pk=pk)
    except Stale as error:
        return _changed_meanwhile(request, pk, form, error)
    except CaseError as error:
        unsaved = form if form.is_bound else None
        return render_case(
            request, visible_case(request, pk), status=error.status, problem=error.message, unsaved=unsaved
        )
    context = {"form": form, "case": VisibleCase.of(case, to=user)}
    return render(request, "cases/case_form.html", context, status=400 if form.is_bound else 200)


def _changed_meanwhile(request: HttpRequest, pk: int, form: DraftForm, error: Stale) -> HttpResponse:
    """What was typed, beside the draft as it is now. Who saves again has seen both."""
    case = visible_case(request, pk)
    form.data = request.POST.dict() | {"seen": drafts.digest(case)}
    context = {
        "form": form,
        "case": VisibleCase.of(case, to=cast(User, request.user), in_full=True),
        "problem": error.message,
    }
    return render(request, "cases/case_form.html", context, status=error.status)


@require_POST
def submit_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Hands the draft in."""
    case = visible_case(request, pk)
    try:
        drafts.submit(case=case, by=cast(User, request.user), source=CaseEvent.Source.WEB)
    except CaseError as error:
        answer = render_case(request, visible_case(request, pk), status=error.status, problem=error.message)
        return with_retry_after(answer, error)
    messages.success(
        request, _("Your case is submitted. A technician will take it up; you find it under “In progress”.")
    )
    return redirect("case_detail", pk=pk)
