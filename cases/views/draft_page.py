"""The page on which a draft is written, and the part of it that tells what is saved."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from cases.forms.drafts import DraftForm
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.permissions import Action
from cases.models import Case
from cases.views.case_page.document_panel import document_panel, upload_limits
from cases.views.requests import PortalRequest


def render_draft(
    request: PortalRequest, form: DraftForm, *, case: Case | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """Render the page of a new draft, or of `case`.

    `more`: a `problem`, a `document_problem`, whether it `is_changed`.
    """
    context: dict[str, Any] = {"form": form, "viewer": request.user} | upload_limits()
    if case:
        context |= {"case": VisibleCase.of(case, to=request.user, in_full=True)}
        context |= document_panel(case, request.user, {Action.ATTACH})
    return render(request, "cases/case_form.html", context | more, status=status)


def render_saved(
    request: PortalRequest, case: Case | None = None, *, problem: str = "", status: int = 200, is_changed: bool = False
) -> HttpResponse:
    """Tell a page that saves itself where the draft is and which version was saved, or the `problem`.

    `is_changed`: the draft has another text by now. The form, sent by a button, shows both.
    """
    context = {"saved": case, "problem": problem, "is_changed": is_changed}
    return render(request, "cases/includes/draft_saved.html", context, status=status)
