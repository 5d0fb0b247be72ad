"""The button that corrects type and urgency of a case."""

from django.utils.translation import gettext as _

from cases.casework import corrections
from cases.forms.case_types import CorrectionForm
from cases.lifecycle.permissions import Action
from cases.models import Case, User
from cases.views.case_page.case_actions import WEB, CaseActionView
from cases.views.requests import PortalRequest


class CorrectCase(CaseActionView[CorrectionForm]):
    """Another type or urgency. POST `case_type`, the id or `general`, `urgency`, `version`."""

    action = Action.CORRECT
    form_class = CorrectionForm
    form_name = "correction_form"

    def make_form(self, request: PortalRequest, case: Case) -> CorrectionForm:
        return CorrectionForm(request.POST, case=case)

    def perform(self, form: CorrectionForm, *, case: Case, by: User) -> Case:
        return corrections.correct(case=case, by=by, source=WEB, **form.change())

    def said(self, case: Case) -> str:
        return _("Changes saved.")


correct_case = CorrectCase.as_view()
