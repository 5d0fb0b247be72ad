"""The buttons of a case. Each parses a form, calls its verb, and reports the result."""

import datetime as dt
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from cases import releases
from cases.accounts.unsent_fields import texts_in
from cases.core.clock import portal_now
from cases.core.errors import CaseError
from cases.core.reader_timezones import on_portal_clock
from cases.core.schedule import Schedule
from cases.forms.release import ChangeForm, CompletionForm, RescheduleForm, ScheduleFields
from cases.forms.single_values import SingleValuesForm
from cases.lifecycle import history, permissions
from cases.lifecycle.permissions import Action
from cases.middleware.login_required import PART
from cases.models import Case, CaseEvent, User
from cases.models.case_event import DATE_SET
from cases.views.case_page import undo_offers, undo_panel
from cases.views.case_page.case_detail import RELEASE, render_case, visible_case
from cases.views.refusals import add_refusal, refusals_shown_by, renew
from cases.views.requests import PortalRequest

Kind = CaseEvent.Kind
WEB = CaseEvent.Source.WEB
FormT = TypeVar("FormT", bound=SingleValuesForm)


@method_decorator(require_POST, name="dispatch")
class CaseActionView(ABC, View, Generic[FormT]):
    """A button of a case.

    A subclass names its `action` and its form, and calls one verb in `perform`. POST performs the action. A refusal
    returns its status and the page of the case. Its open dialog has what the person typed, with the message next to the
    field that it is about.
    """

    action: Action
    form_class: type[FormT]
    # The name of the form on the page of the case.
    form_name = "change_form"
    # The door that the person came through.
    source = WEB
    # An open dialog covers a message at the top of the page.
    is_in_dialog = True
    # What its verb writes to the history.
    kinds: tuple[CaseEvent.Kind, ...] = ()

    @abstractmethod
    def perform(self, form: FormT, *, case: Case, by: User) -> Case:
        """Call the verb with the content of the valid `form`. Return the case as it is after that."""

    @abstractmethod
    def said(self, case: Case) -> str:
        """Return the message for the person once it is done."""

    def post(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Perform the action on the case `pk`, or show why not."""
        return refusals_shown_by(self.refused)(self.act)(request, pk)

    def act(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Check who may act before anything in the form, because its errors would reveal the state of the case."""
        case = visible_case(request, pk)
        permissions.check(self.action, by=request.user, case=case)
        form = self.make_form(request, case)
        if not form.is_valid():
            return self.show_again(request, case, form)
        former = case.schedule
        self.tell(request, self.perform(form, case=case, by=request.user), former)
        return self.answer(request, pk)

    def tell(self, request: PortalRequest, done: Case, former: Schedule | None) -> None:
        """Report the result for the case, whose schedule was the `former` one."""
        messages.success(request, self.said(done), extra_tags=undo_panel.TAG if done.is_released else "")

    def make_form(self, request: PortalRequest, case: Case) -> FormT:
        """Read the form of the request, which is about `case`."""
        return self.form_class(request.POST)

    def answer(self, request: PortalRequest, pk: int) -> HttpResponse:
        """Lead to the case, or give HTMX its parts."""
        if request.htmx:
            return render_case(request, visible_case(request, pk), part=RELEASE)
        return redirect("case_detail", pk=pk)

    def done_before(self, form: FormT, *, case: Case, by: User) -> CaseEvent | None:
        """Return what `by` last did with the same form, if nothing has happened to `case` since.

        If a button is pressed twice, or again because the first response was lost, its verb refuses, because the case
        has changed by then. But what was requested has been done.
        """
        if not form.is_valid():
            return None
        event = history.last_done(case, by=by, kinds=self.kinds, reason=form.cleaned_data.get("reason", ""))
        return event if event and self.asks_for(event, form, case) else None

    def asks_for(self, event: CaseEvent, form: FormT, case: Case) -> bool:
        """Tell whether the valid `form`, with the reason of `event`, asks for what it did."""
        return True

    def show_again(self, request: PortalRequest, case: Case, form: FormT) -> HttpResponse:
        """Answer 400 with the page, and the form with its errors."""
        return render_case(request, case, status=400, part=RELEASE, **self._open(form, case, request.user))

    def refused(self, request: PortalRequest, error: CaseError, pk: int) -> HttpResponse:
        """Respond to a refusal with the page of the case as it is now.

        The form keeps what was typed, for the version that is shown: the person reads how the case has changed, and
        sends it again or not. If the action is no longer possible, the whole page has changed and has no such form.
        """
        case = visible_case(request, pk)
        form = self.make_form(request, case)
        if before := self.done_before(form, case=case, by=request.user):
            self.tell(request, case, before.former_schedule)
            return self.answer(request, pk)
        if error.status == 400:
            add_refusal(form, error)
            return self.show_again(request, case, form)
        is_possible = self.action in permissions.allowed(by=request.user, case=case)
        if request.htmx and not is_possible:
            return _told_apart(request, error)
        kept = self._renewed(form, error, case, request.user) if is_possible else {"unsaved": texts_in(request)}
        return render_case(request, case, status=error.status, part=RELEASE, problem=error.message, **kept)

    def _renewed(self, form: FormT, error: CaseError, case: Case, user: User) -> dict[str, Any]:
        if "version" not in form.fields:
            return {}
        renew(form, version=case.version)
        if self.is_in_dialog:
            form.add_error(None, error.message)
        return self._open(form, case, user)

    def _open(self, form: FormT, case: Case, user: User) -> dict[str, Any]:
        if isinstance(form, ScheduleFields):
            form.offer(case, any_day=user.is_administrator, now=portal_now())
        return {self.form_name: form, "open": self.action.value}


class MarkCaseCompleted(CaseActionView[CompletionForm]):
    """POST `release_option` now or schedule, `release_date`, `release_time`."""

    action = Action.COMPLETE
    form_class = CompletionForm
    form_name = "completion_form"
    kinds = (Kind.COMPLETED,)

    def perform(self, form: CompletionForm, *, case: Case, by: User) -> Case:
        return releases.complete(case=case, by=by, source=WEB, release_on=form.release_on(case), **form.change())

    def asks_for(self, event: CaseEvent, form: CompletionForm, case: Case) -> bool:
        return event.schedule == form.release_on(case)

    def said(self, case: Case) -> str:
        return _released() if case.is_released else _completed(case)


class RescheduleCase(CaseActionView[RescheduleForm]):
    """Another release date. POST `release_date`, `release_time`, `reason`, `version`."""

    action = Action.RESCHEDULE
    form_class = RescheduleForm
    form_name = "reschedule_form"
    is_in_dialog = False
    kinds = DATE_SET

    def perform(self, form: RescheduleForm, *, case: Case, by: User) -> Case:
        return releases.schedule(case=case, by=by, source=self.source, release_on=form.schedule(), **form.change())

    def asks_for(self, event: CaseEvent, form: RescheduleForm, case: Case) -> bool:
        return event.schedule == form.schedule()

    def said(self, case: Case) -> str:
        return _("Release date updated.")

    def tell(self, request: PortalRequest, done: Case, former: Schedule | None) -> None:
        url = reverse("reschedule_case", args=[done.pk])
        undo_offers.tell_moved(request, self.said(done), url=url, case=done, former=former)


class ReturnCase(CaseActionView[ChangeForm]):
    """Back to accepted. POST `reason`, `version`."""

    action = Action.RETURN
    form_class = ChangeForm
    kinds = (Kind.RETURNED,)

    def perform(self, form: ChangeForm, *, case: Case, by: User) -> Case:
        return releases.return_to_accepted(case=case, by=by, source=self.source, **form.change())

    def said(self, case: Case) -> str:
        return _("Case reopened. Its release date was removed.")


class CancelSchedule(CaseActionView[ChangeForm]):
    """Hold a completed case. POST `reason`, `version`."""

    action = Action.HOLD
    form_class = ChangeForm
    kinds = (Kind.HELD,)

    def perform(self, form: ChangeForm, *, case: Case, by: User) -> Case:
        return releases.cancel_schedule(case=case, by=by, source=self.source, **form.change())

    def said(self, case: Case) -> str:
        return _("Case put on hold. It won't be released until a date is set.")


class ReleaseNow(CaseActionView[ChangeForm]):
    """Release before the schedule. POST `reason`, `version`."""

    action = Action.RELEASE_EARLY
    form_class = ChangeForm
    kinds = (Kind.RELEASED,)

    def perform(self, form: ChangeForm, *, case: Case, by: User) -> Case:
        return releases.release_now(case=case, by=by, source=self.source, **form.change())

    def said(self, case: Case) -> str:
        return _released()


def _released() -> str:
    return _("Case released. The member can see it now.")


def _completed(case: Case) -> str:
    moment = on_portal_clock(cast(dt.datetime, case.release_instant), "MOMENT_FORMAT")
    return _("Case completed. Scheduled for release on %(moment)s.") % {"moment": moment}


def _told_apart(request: PortalRequest, error: CaseError) -> HttpResponse:
    """Have HTMX load the page, which then says what `error` says. Where a text would be lost, say it above the form."""
    if texts_in(request):
        return render(request, PART, {"problem": error.message}, status=error.status)
    messages.error(request, _("Nothing was saved because the case has changed."))
    messages.error(request, error.message)
    return HttpResponse(status=error.status, headers={"HX-Refresh": "true"})


mark_case_completed = MarkCaseCompleted.as_view()
reschedule_case = RescheduleCase.as_view()
return_case = ReturnCase.as_view()
cancel_schedule = CancelSchedule.as_view()
release_now = ReleaseNow.as_view()
