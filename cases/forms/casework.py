"""What people type on the page of a case (its release: cases.forms.release). The verbs decide what is allowed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.forms.people import HandOverForm
from cases.models import Case, User


class HandOverCaseForm(HandOverForm):
    """To whom one case goes, and perhaps a word."""

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, technician=case.assigned_to or User(), **kwargs)
        self.fields["to"].label = _("Technician")


class NoteForm(forms.Form):
    """The text of a note. The verb says how long it may be, and counts the end of a line once, as browsers do."""

    text = forms.CharField(required=False, strip=False, max_length=2 * limits.NOTE)
