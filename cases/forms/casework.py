"""What people type on the page of a case (its release: cases.forms.release). The verbs decide what is allowed."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.forms.people import HandOverForm
from cases.forms.technicians import TechnicianField, who_take_cases
from cases.forms.versions import VersionForm
from cases.models import Case, User


class AcceptForm(VersionForm):
    """The person who will work on the case. Administrators name a technician, and technicians take it themselves."""

    technician = TechnicianField(
        label=_("Technician"),
        required=False,
        empty_label=None,
        error_messages={"invalid_choice": _("Choose a technician with an active account who has signed in before.")},
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if by.is_administrator:
            field = cast(TechnicianField, self.fields["technician"])
            field.queryset = who_take_cases()
            field.required = True

    def chosen(self) -> User | None:
        """Return the technician whom an administrator named."""
        return self.cleaned_data["technician"]  # type: ignore[no-any-return]


class HandOverCaseForm(VersionForm, HandOverForm):
    """The new technician of one case, and an optional reason."""

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, technician=case.assigned_to or User(), **kwargs)


class NoteForm(forms.Form):
    """The text of a note. The verb limits its length, and counts a line end as one character, as browsers do."""

    text = forms.CharField(required=False, strip=False, max_length=2 * limits.NOTE)
