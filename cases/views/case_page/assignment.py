"""The buttons that give a case its technician: accept it, hand it over."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from cases import releases
from cases.casework import assignment
from cases.core.text import isolated, isolated_html
from cases.forms.casework import AcceptForm, HandOverCaseForm
from cases.lifecycle import history
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseEvent, User
from cases.views.case_page.case_actions import WEB, CaseActionView
from cases.views.requests import PortalRequest


class AcceptCase(CaseActionView[AcceptForm]):
    """A technician takes a submitted case; an administrator names its `technician`. `next=queue` leads back there."""

    action = Action.ACCEPT
    form_class = AcceptForm
    form_name = "accept_form"
    kinds = (CaseEvent.Kind.ACCEPTED,)

    def make_form(self, request: PortalRequest, case: Case) -> AcceptForm:
        return AcceptForm(request.POST, by=request.user)

    def perform(self, form: AcceptForm, *, case: Case, by: User) -> Case:
        return releases.accept(
            case=case, by=by, source=WEB, technician=form.chosen(), version=form.cleaned_data["version"]
        )

    def asks_for(self, event: CaseEvent, form: AcceptForm, case: Case) -> bool:
        return (form.chosen() or event.actor) == case.assigned_to

    def said(self, case: Case) -> str:
        """Name the case and link it: in a queue it is gone from where it was."""
        name = case.title or case.external_case_id
        url = reverse("case_detail", args=[case.pk])
        link = format_html('<a class="alert-link" href="{}">{}</a>', url, isolated_html(name))
        if case.assigned_to is None or case.assigned_to == self.request.user:
            accepted = _("You accepted {case}.")
            return format_html(accepted.removesuffix(".") if name.endswith(("?", "!", ".")) else accepted, case=link)
        technician = isolated_html(case.assigned_to.display_name)
        return format_html(_("{case} was assigned to {technician}."), case=link, technician=technician)

    def answer(self, request: PortalRequest, pk: int) -> HttpResponse:
        return redirect("dashboard") if request.POST.get("next") == "queue" else super().answer(request, pk)


class HandOverCase(CaseActionView[HandOverCaseForm]):
    """The case to a colleague. POST `to`, the colleague's id, and perhaps a `reason`."""

    action = Action.HAND_OVER
    form_class = HandOverCaseForm
    form_name = "hand_over_form"
    kinds = (CaseEvent.Kind.HANDED_OVER,)

    def make_form(self, request: PortalRequest, case: Case) -> HandOverCaseForm:
        return HandOverCaseForm(request.POST, case=case)

    def perform(self, form: HandOverCaseForm, *, case: Case, by: User) -> Case:
        return assignment.hand_over_case(case=case, by=by, source=WEB, **form.cleaned_data)

    def said(self, case: Case) -> str:
        name = isolated(case.assigned_to.display_name) if case.assigned_to else ""
        return _("Handed over to %(name)s.") % {"name": name}

    def done_before(self, form: HandOverCaseForm, *, case: Case, by: User) -> CaseEvent | None:
        """Do as the class does. The form refuses `to`, who has the case by now."""
        if form.is_valid() or set(form.errors) != {"to"} or form.data.get("to") != str(case.assigned_to_id):
            return None
        return history.last_done(case, by=by, kinds=self.kinds, reason=form.cleaned_data["reason"])

    def show_again(self, request: PortalRequest, case: Case, form: HandOverCaseForm) -> HttpResponse:
        if before := self.done_before(form, case=case, by=request.user):
            self.tell(request, case, before.former_schedule)
            return self.answer(request, case.pk)
        return super().show_again(request, case, form)


accept_case = AcceptCase.as_view()
hand_over_case = HandOverCase.as_view()
