"""The buttons of a case: each parses a form, calls its verb, and says what became of it."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import releases
from cases.casework import assignment
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.core.reader_timezones import on_portal_clock
from cases.core.text import isolated, isolated_html
from cases.forms.casework import HandOverCaseForm
from cases.forms.release import AcceptForm, ChangeForm, CompletionForm, RescheduleForm
from cases.lifecycle import permissions
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, User
from cases.views.case_detail import RELEASE, render_case, visible_case
from cases.views.htmx import is_htmx

WEB = CaseEvent.Source.WEB
Verb = Callable[..., Case]


@require_POST
def accept_case(request: HttpRequest, pk: int) -> HttpResponse:
    """A technician takes a submitted case; an administrator names its `technician`. With `next=queue` whoever took one
    from the queue is back there."""
    form = AcceptForm(request.POST, by=cast(User, request.user))
    answer = _act(
        request,
        pk,
        Action.ACCEPT,
        form=form,
        form_name="accept_form",
        verb=lambda form: partial(releases.accept, technician=form.chosen()),
    )
    to_queue = answer.status_code == 302 and request.POST.get("next") == "queue"
    return redirect("dashboard") if to_queue else answer


@require_POST
def mark_case_completed(request: HttpRequest, pk: int) -> HttpResponse:
    """Completes a case. POST `release_option` now or schedule, `release_date`, `release_time`; errors answer 400."""
    form = CompletionForm(request.POST)
    return _act(
        request,
        pk,
        Action.COMPLETE,
        form=form,
        form_name="completion_form",
        verb=lambda form: partial(releases.complete, release_on=form.release_on(), **form.change()),
    )


@require_POST
def reschedule_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Another release date. POST `release_date`, `release_time`, `reason`, `revision`."""
    form = RescheduleForm(request.POST)
    return _act(
        request,
        pk,
        Action.RESCHEDULE,
        form=form,
        form_name="reschedule_form",
        verb=lambda form: partial(releases.schedule, release_on=form.schedule(), **form.change()),
    )


@require_POST
def return_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to accepted. POST `reason`, `revision`."""
    return _change(request, pk, Action.RETURN, releases.return_to_accepted)


@require_POST
def cancel_schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Holds a completed case. POST `reason`, `revision`."""
    return _change(request, pk, Action.HOLD, releases.cancel_schedule)


@require_POST
def release_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Releases before the schedule. POST `reason`, `revision`."""
    return _change(request, pk, Action.RELEASE_EARLY, releases.release_now)


@require_POST
def hand_over_case(request: HttpRequest, pk: int) -> HttpResponse:
    """The case to a colleague. POST `to`, the colleague's id, and perhaps a `reason`."""
    form = HandOverCaseForm(request.POST, case=visible_case(request, pk))
    return _act(
        request,
        pk,
        Action.HAND_OVER,
        form=form,
        form_name="hand_over_form",
        verb=lambda form: partial(assignment.hand_over_case, **form.cleaned_data),
    )


def _change(request: HttpRequest, pk: int, action: Action, verb: Verb) -> HttpResponse:
    form = ChangeForm(request.POST)
    return _act(
        request, pk, action, form=form, form_name="change_form", verb=lambda form: partial(verb, **form.change())
    )


def _act(
    request: HttpRequest,
    pk: int,
    action: Action,
    *,
    form: Any,
    form_name: str,
    verb: Callable[[Any], Verb],
) -> HttpResponse:
    """Does `action` by the `verb` that a valid form gives. A refusal answers with its status and the page as it was,
    with the words of the person in the dialog, and the sentence beside the field that it is about."""
    case = visible_case(request, pk)
    user = cast(User, request.user)
    try:
        permissions.check(action, by=user, case=case)
        if not form.is_valid():
            return _again(request, case, action, form, form_name, status=400)
        done = verb(form)(case=case, by=user, source=WEB)
    except Case.DoesNotExist:
        # It was visible a moment ago: its state changed in between, so that the page says how it is now.
        return redirect("dashboard")
    except CaseError as error:
        if error.status == 400:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return _again(request, case, action, form, form_name, status=400)
        return _refused(request, pk, action, form, form_name, error)
    messages.success(request, _accepted(done, user) if action is Action.ACCEPT else _success(action, done))
    if is_htmx(request):
        return render_case(request, visible_case(request, pk), part=RELEASE)
    return redirect("case_detail", pk=pk)


def _again(request: HttpRequest, case: Case, action: Action, form: Any, form_name: str, *, status: int) -> HttpResponse:
    _offer(form, cast(User, request.user))
    return render_case(request, case, status=status, part=RELEASE, open=action.value, **{form_name: form})


def _refused(
    request: HttpRequest, pk: int, action: Action, form: Any, form_name: str, error: CaseError
) -> HttpResponse:
    """The page as the case is now. The form keeps what was typed, for the revision that is shown: the person reads what
    the case has become, and sends it again or does not. Where this can no longer be done, the whole page is another:
    HTMX loads it anew, and there it is said."""
    user = cast(User, request.user)
    case = visible_case(request, pk)
    is_possible = action in permissions.allowed(by=user, case=case)
    kept: dict[str, Any] = {}
    if "revision" in form.fields and is_possible:
        form.data = form.data.copy()
        form.data["revision"] = str(case.schedule_revision)
        _offer(form, user)
        if action is not Action.RESCHEDULE:
            # An open dialog covers the sentence above the page.
            form.add_error(None, error.message)
        kept = {form_name: form, "open": action.value}
    answer = render_case(request, case, status=error.status, part=RELEASE, problem=error.message, **kept)
    if is_htmx(request) and not is_possible:
        messages.error(request, _("Nothing was saved: the case was changed meanwhile."))
        messages.error(request, error.message)
        answer["HX-Refresh"] = "true"
    return answer


def _offer(form: Any, user: User) -> None:
    if hasattr(form, "offer"):
        form.offer(any_day=user.is_administrator, now=portal_now())


def _accepted(case: Case, user: User) -> str:
    """Names the case and links it: in a queue it is gone from where it was."""
    name = case.title or case.external_case_id
    url = reverse("case_detail", args=[case.pk])
    link = format_html('<a class="alert-link" href="{}">{}</a>', url, isolated_html(name))
    if case.assigned_to is None or case.assigned_to == user:
        return format_html(_("You accepted {case}."), case=link)
    technician = isolated_html(case.assigned_to.display_name)
    return format_html(_("{case} is assigned to {technician}."), case=link, technician=technician)


def _success(action: Action, case: Case) -> str:
    if action is Action.HAND_OVER:
        return _("The case is now %(name)s's.") % {
            "name": isolated(case.assigned_to.display_name) if case.assigned_to else ""
        }
    if action is Action.RESCHEDULE:
        return _("The release date is saved. The member sees the case when it is reached.")
    if action is Action.RETURN:
        return _("The case is back in work. It has no release date.")
    if case.is_released:
        return _("The case is released. The member can see it now.")
    if case.is_held:
        return _("The release is on hold. The member does not see the case until somebody sets a date.")
    return _("The case is completed and not released yet. It goes out on %(moment)s.") % {
        "moment": on_portal_clock(cast(dt.datetime, case.release_instant), "MOMENT_FORMAT")
    }
