"""The page of one case."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from cases.accounts.unsent_fields import texts_in
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.forms.case_types import CorrectionForm
from cases.forms.casework import AcceptForm, HandOverCaseForm
from cases.forms.release import ChangeForm, CompletionForm, RescheduleForm, ScheduleFields
from cases.lifecycle import first_views, permissions, release_stop
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.deputies import absence_today
from cases.lifecycle.history import latest_events
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseDocument, FirstView, User
from cases.selectors.live import case_tokens
from cases.selectors.member_timeline import timeline
from cases.selectors.members_cases import other_cases
from cases.views.case_page.answer_panel import answer_panel
from cases.views.case_page.condition_panel import condition_panel
from cases.views.case_page.conversation_panel import canned_texts, conversation_panel
from cases.views.case_page.document_panel import document_panel
from cases.views.case_page.list_place import list_place, place_to_keep
from cases.views.case_page.note_panel import note_panel
from cases.views.case_page.release_panel import release_panel
from cases.views.case_page.undo_panel import undo_panel
from cases.views.requests import PortalRequest

# Enough of the history for a case whose documents come and go, and a limit.
MAX_EVENTS = 200
PAGE = "cases/case_detail.html"
# The parts that HTMX asks for: the notes, the conversation, and all that says when the case is released.
NOTES = "cases/includes/notes.html"
CONVERSATION = "cases/includes/conversation.html"
RELEASE = "cases/includes/case_parts.html"


@require_safe
def case_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Show one case, as far as the person may see it.

    `notes_before`, `messages_before`: the notes or messages before that one instead of the latest.
    """
    if kept := place_to_keep(request, pk):
        return redirect(kept)
    case = visible_case(request, pk)
    answer = render_case(request, case, part=CONVERSATION if "messages_before" in request.GET else NOTES)
    first_views.record(case, kind=FirstView.Kind.PAGE, by=request.user, request=request)
    return answer


def visible_case(request: PortalRequest, pk: int) -> Case:
    """Return the case for this person. Http404 if they may not know about it."""
    cases = Case.objects.shown_to(request.user).in_full().annotate(is_stopped=release_stop.is_on())
    return get_object_or_404(first_views.with_recorded(cases, kind=FirstView.Kind.PAGE, by=request.user), pk=pk)


def show_refusal(request: PortalRequest, error: CaseError, pk: int, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Show the page of the case as it is now. Above is what was refused, and what was typed."""
    case = visible_case(request, pk)
    return render_case(request, case, status=error.status, problem=error.message, unsaved=texts_in(request))


def render_case(
    request: PortalRequest, case: Case, *, status: int = 200, part: str = "", **overrides: Any
) -> HttpResponse:
    """Render the page of `case`, or for HTMX the `part` of it.

    `overrides`: a form with errors in place of the empty one, the `open` dialog, a `problem`.
    """
    user = request.user
    now = None if user.is_member else portal_now()
    can = permissions.allowed(by=user, case=case, now=now)
    is_part = bool(part and request.htmx) and not user.is_member
    context = seen_context(case, user, can=can, before=request.GET.get("messages_before", ""))
    context |= {"is_part": is_part, "live_tokens": case_tokens(case, user)}
    if not is_part:
        context |= list_place(request, case)
    if now:
        documents = [document for group in context["document_groups"] for document in group.documents]
        context |= _staff_panels(case, user, can, documents=documents, now=now)
        context |= note_panel(case, user, before=request.GET.get("notes_before", ""))
    answer = render(request, part if is_part else PAGE, context | overrides, status=status)
    # One address, two responses: the browser must not show one instead of the other when a person goes back.
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def seen_context(case: Case, viewer: User, *, can: set[Action], before: str = "") -> dict[str, Any]:
    """Return what the page shows of `case`, which came from `visible_to(viewer)`: in person, and in a preview.

    `before`: the messages before that one instead of the latest.
    """
    seen = VisibleCase.of(case, to=viewer, in_full=True)
    context: dict[str, Any] = {
        "viewer": viewer,
        "case": seen,
        "steps": timeline(seen) if viewer.is_member else [],
        "can": {action.value for action in can},
    }
    context |= document_panel(case, viewer, can)
    return context | conversation_panel(case, viewer, documents=context["documents"], before=before)


def _staff_panels(
    case: Case, user: User, can: set[Action], *, documents: Iterable[CaseDocument], now: dt.datetime
) -> dict[str, Any]:
    """Return what staff alone read and do. `documents` are those of `case` that they see."""
    staff, forms = _staff_context(case, user), _forms(case, user, can, now)
    facts: dict[str, Any] = {
        "conditions": list(case.conditions.select_related("owner", "settled_by")),
        "events": staff["events"],
        "now": now,
    }
    days = next((form.days for form in forms.values() if isinstance(form, ScheduleFields)), None)
    release = release_panel(case, can, documents=documents, days=days, **facts)
    if "completion_form" in forms:
        is_held = release["release_stop"] or release["preflight"].has_unmet
        forms["completion_form"].propose_option(can_release_now=not is_held)
    return {
        **staff,
        **forms,
        **answer_panel(case, can),
        **release,
        **condition_panel(case, user, can, **facts),
        **undo_panel(case, user, can, staff["events"]),
        **canned_texts(can),
    }


def _staff_context(case: Case, user: User) -> dict[str, Any]:
    is_armed = case.is_pending and case.armed_revision == case.schedule_revision
    return {
        "record": case,
        "away": absence_today(case.assigned_to) if case.assigned_to else None,
        "others": other_cases(case, to=user),
        "wake_up": f"release-{case.pk}-{case.schedule_revision}" if is_armed and user.is_administrator else "",
        "flower_url": (settings.FLOWER_URL or "").rstrip("/"),
        "reason_required": permissions.TABLE[Action.RESCHEDULE][user.role].reason,
        "events": latest_events(case, limit=MAX_EVENTS),
    }


def _forms(case: Case, user: User, can: set[Action], now: dt.datetime) -> dict[str, Any]:
    """Return only the forms for what `user` can do with `case` at `now`, because a form takes longer than a query."""
    initial = {"version": case.version}
    forms: dict[str, Any] = {}
    if Action.ACCEPT in can:
        forms["accept_form"] = AcceptForm(by=user, initial=initial)
    if Action.COMPLETE in can:
        forms["completion_form"] = CompletionForm(initial=initial)
        forms["completion_form"].offer(case, any_day=user.is_administrator, now=now)
    if Action.RESCHEDULE in can:
        present = {"release_date": case.scheduled_release_date, "release_time": case.scheduled_release_time}
        forms["reschedule_form"] = RescheduleForm(initial=initial | (present if case.scheduled_release_date else {}))
        forms["reschedule_form"].offer(case, any_day=user.is_administrator, now=now)
    if Action.CORRECT in can:
        forms["correction_form"] = CorrectionForm(case=case, initial=initial)
    if Action.HAND_OVER in can:
        forms["hand_over_form"] = HandOverCaseForm(case=case, initial=initial)
    if can & {Action.HOLD, Action.RELEASE_EARLY, Action.RETURN, Action.RECALL}:
        forms["change_form"] = forms["blank_form"] = ChangeForm(initial=initial)
    return forms
