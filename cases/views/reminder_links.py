"""The page of a signed link in a reminder: it shows what the case is now and asks. Only the POST changes anything."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.delivery import signed_links
from cases.delivery.signed_links import SignedLink
from cases.forms.release import ScheduleFields
from cases.lifecycle import permissions
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.lifecycle.permissions import Action
from cases.lifecycle.preflight import Preflight, preflights, with_facts
from cases.models import Case, CaseEvent
from cases.models.case_states import SCHEDULED
from cases.views.case_page.case_actions import CancelSchedule, CaseActionView, ReleaseNow, RescheduleCase, ReturnCase
from cases.views.case_page.case_detail import visible_case
from cases.views.refusals import add_refusal_renewed, refusals_shown_by
from cases.views.requests import PortalRequest

PAGE = "cases/reminder_link.html"
SOURCE = CaseEvent.Source.LINK
BUTTONS: dict[Action, CaseActionView[Any]] = {
    view.action: view
    for view in (kind(source=SOURCE) for kind in (RescheduleCase, ReturnCase, CancelSchedule, ReleaseNow))
}
# The question of the page, the consequence, and the button.
WORDS = {
    Action.RESCHEDULE: (
        _("Change the release date?"),
        _("The case will be released on the new date instead."),
        _("Update release date"),
    ),
    Action.RETURN: (
        _("Reopen this case?"),
        _("The case will be reopened and its release date removed."),
        _("Reopen case"),
    ),
    Action.HOLD: (_("Put this case on hold?"), _("It won't be released until a date is set."), _("Put on hold")),
    Action.RELEASE_EARLY: (
        _("Release this case early?"),
        _("The member will see the case immediately and get an email."),
        _("Release early"),
    ),
}


def _refused(request: PortalRequest, error: CaseError, token: str) -> HttpResponse:
    """Ask again where the link still works, with what was typed.

    Else say why nothing happens, and lead on to the case where the reader may see it. A button that is pressed twice
    has done what it was asked for.
    """
    now = portal_now()
    try:
        link, case = _opened(request, token, now)
    except CaseError as ended:
        if done := _done_before(request, token, now):
            return done
        context = {"refusal": ended.message, "case": _case_of(request, token)}
        return render(request, PAGE, context, status=ended.status)
    form = _form(request, link, case)
    add_refusal_renewed(form, error, case=case)
    return _ask(request, link, case, form, now=now, status=error.status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@refusals_shown_by(_refused)
def reminder_link(request: PortalRequest, token: str) -> HttpResponse:
    """Ask (GET). Do what the link is for (POST), unless the case is no longer as it was in the email.

    404 for a link that nobody signed, 403 for someone else's link or case, 410 for one that is out of date.
    """
    now = portal_now()
    link, case = _opened(request, token, now)
    button, form = BUTTONS[link.action], _form(request, link, case)
    if form.is_bound and form.is_valid():
        former = case.schedule
        button.tell(request, button.perform(form, case=case, by=request.user), former)
        return redirect("case_detail", pk=case.pk)
    return _ask(request, link, case, form, now=now, status=400 if form.is_bound else 200)


def _done_before(request: PortalRequest, token: str, now: dt.datetime) -> HttpResponse | None:
    """Say what the reader did with this very form last, if nothing has happened to the case since."""
    if request.method != "POST":
        return None
    try:
        link = signed_links.read(token, by=request.user, now=now)
    except CaseError:
        return None
    case, button = visible_case(request, link.case), BUTTONS[link.action]
    event = button.done_before(_form(request, link, case), case=case, by=request.user)
    if event is None or event.source != SOURCE:
        return None
    button.tell(request, case, event.former_schedule)
    return redirect("case_detail", pk=case.pk)


def _opened(request: PortalRequest, token: str, now: dt.datetime) -> tuple[SignedLink, Case]:
    """Return what the link is for. CaseError if it has ended, or if the reader can no longer do it."""
    link = signed_links.read(token, by=request.user, now=now)
    case = visible_case(request, link.case)
    signed_links.check_present(link, case, by=request.user)
    permissions.check(link.action, by=request.user, case=case, now=now)
    return link, case


def _form(request: PortalRequest, link: SignedLink, case: Case) -> Any:
    data = request.POST if request.method == "POST" else None
    return BUTTONS[link.action].form_class(data, initial=_initial(case, link))


def _ask(
    request: PortalRequest, link: SignedLink, case: Case, form: Any, *, now: dt.datetime, status: int
) -> HttpResponse:
    if isinstance(form, ScheduleFields):
        form.offer(case, any_day=request.user.is_administrator, now=now)
    question, consequence, what_it_does = WORDS[link.action]
    context = {
        "case": VisibleCase.of(case, to=request.user),
        "form": form,
        "question": question,
        "consequence": consequence,
        "what_it_does": what_it_does,
        "needs_reason": permissions.TABLE[link.action][request.user.role].reason,
        "preflight": _preflight(request, case),
    }
    return render(request, PAGE, context, status=status)


def _preflight(request: PortalRequest, case: Case) -> Preflight | None:
    found = list(with_facts(Case.objects.visible_to(request.user).filter(SCHEDULED, pk=case.pk)))
    return preflights(found).get(case.pk)


def _initial(case: Case, link: SignedLink) -> dict[str, Any]:
    initial: dict[str, Any] = {"version": case.version}
    if link.action == Action.RESCHEDULE:
        initial |= {"release_date": case.scheduled_release_date, "release_time": case.scheduled_release_time}
    return initial


def _case_of(request: PortalRequest, token: str) -> VisibleCase | None:
    """Return the case of a link that is the reader's own, where they may know of it. An expired link has one too."""
    pk = signed_links.case_of(token, by=request.user)
    case = Case.objects.shown_to(request.user).filter(pk=pk).first() if pk else None
    return VisibleCase.of(case, to=request.user) if case else None
