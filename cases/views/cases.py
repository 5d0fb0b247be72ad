"""The page of one case."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cases import permissions
from cases.forms import AcceptForm, ChangeForm, CompletionForm, RescheduleForm
from cases.models import Case, ReleaseEvent, User
from cases.permissions import Action
from cases.seen import SeenCase
from cases.views.document_panel import document_panel

EVENTS = 50


@require_safe
def case_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One case, as far as the person may see it."""
    return render_case(request, visible_case(request, pk))


def visible_case(request: HttpRequest, pk: int) -> Case:
    """The case for the person in person; Http404 where they may not know of it."""
    return get_object_or_404(Case.objects.shown_to(cast(User, request.user)), pk=pk)


def render_case(request: HttpRequest, case: Case, *, status: int = 200, **overrides: Any) -> HttpResponse:
    """The page of `case`. `overrides`: a form with errors in place of the empty one, the `open` dialog, a `problem`."""
    user = cast(User, request.user)
    can = permissions.allowed(by=user, case=case)
    context: dict[str, Any] = {"case": SeenCase.of(case, to=user), "can": {action.value for action in can}}
    context |= document_panel(case, user, can)
    if not user.is_member:
        context |= _staff_context(case, user) | _forms(case, user, can)
    return render(request, "cases/case_detail.html", context | overrides, status=status)


def _staff_context(case: Case, user: User) -> dict[str, Any]:
    return {
        "record": case,
        "reason_optional": not permissions.TABLE[Action.RESCHEDULE][user.role].reason,
        "events": ReleaseEvent.objects.filter(case=case).select_related("actor")[:EVENTS],
    }


def _forms(case: Case, user: User, can: set[Action]) -> dict[str, Any]:
    """The forms of what `user` can do to `case` now, and no others: a form takes longer than a query."""
    initial = {"revision": case.schedule_revision}
    forms: dict[str, Any] = {}
    if Action.ACCEPT in can:
        forms["accept_form"] = AcceptForm(by=user)
    if Action.COMPLETE in can:
        forms["completion_form"] = CompletionForm(initial=initial | {"release_option": "now"})
        forms["completion_form"].offer(any_day=user.is_administrator)
    if Action.RESCHEDULE in can:
        present = {"release_date": case.scheduled_release_date, "release_time": case.scheduled_release_time}
        forms["reschedule_form"] = RescheduleForm(initial=initial | (present if case.scheduled_release_date else {}))
        forms["reschedule_form"].offer(any_day=user.is_administrator)
    if can & {Action.HOLD, Action.RELEASE_EARLY, Action.RETURN}:
        forms["change_form"] = forms["blank_form"] = ChangeForm(initial=initial)
    return forms
