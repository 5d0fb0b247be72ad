"""The answer to a case: saved while it is typed, saved by a button, and shown as the member will read it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import retarget

from cases.casework.answers import save_answer
from cases.core.errors import AnswerChanged, CaseError
from cases.forms.answers import AnswerForm
from cases.lifecycle import permissions
from cases.lifecycle.permissions import Action
from cases.models import Case
from cases.views.case_page.answer_panel import answer_panel
from cases.views.case_page.case_detail import render_case, visible_case
from cases.views.decorators import staff_only
from cases.views.refusals import add_refusal, refusals_shown_by
from cases.views.requests import PortalRequest

# What HTMX puts below the text that is being typed. It never replaces that text.
STATUS = "cases/includes/answer_status.html"
PREVIEW = "cases/includes/answer_preview.html"


def _not_saved(request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
    form = AnswerForm(request.POST)
    is_of_text = error.status == 400
    if is_of_text:
        add_refusal(form, error)
    context = {
        "answer_form": form,
        "answer_problem": "" if is_of_text else error.message,
        "answer_is_stale": isinstance(error, AnswerChanged),
    }
    return _respond(request, visible_case(request, pk), STATUS, context, status=error.status)


@require_POST
@staff_only
@refusals_shown_by(_not_saved)
def write_answer(request: PortalRequest, pk: int) -> HttpResponse:
    """Save `answer`, written over its `version` (POST). With `preview` show it and save nothing."""
    case = visible_case(request, pk)
    permissions.check(Action.WRITE_ANSWER, by=request.user, case=case)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _respond(request, case, STATUS, {"answer_form": form}, status=400)
    if "preview" in request.POST:
        shown = {"answer_form": form, "answer_preview": form.cleaned_data["answer"], "is_previewed": True}
        return _respond(request, case, PREVIEW, shown)
    answer = save_answer(case=case, by=request.user, **form.change())
    if request.htmx:
        return render(request, STATUS, {"case": case, "answer": answer, "is_saved": True})
    messages.success(request, _("Answer saved."))
    return redirect(reverse("case_detail", args=[pk]) + "#answer")


def _respond(
    request: PortalRequest, case: Case, part: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer HTMX with the `part`, and everyone else with the page, which keeps what was typed."""
    if not request.htmx:
        return render_case(request, case, status=status, **context)
    can = permissions.allowed(by=request.user, case=case)
    response = render(request, part, {"case": case} | answer_panel(case, can) | context, status=status)
    return retarget(response, "#answer-said") if part == STATUS else response
