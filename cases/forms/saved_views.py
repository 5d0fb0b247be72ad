"""The name of a view of the case list, and who sees it."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.core import limits
from cases.core.text_fields import LineField
from cases.forms.case_filter import CaseFilter
from cases.forms.single_values import SingleValuesForm
from cases.models import User


class SavedViewForm(SingleValuesForm):
    """A view's `name`; for administrators `is_shared`."""

    name = LineField(
        label=gettext_lazy("Name"),
        max_length=limits.NAME,
        error_messages={"required": gettext_lazy("Enter a name.")},
    )
    is_shared = forms.BooleanField(
        label=gettext_lazy("Share with all staff"),
        required=False,
        help_text=gettext_lazy(
            "Appears next to the case list for technicians and administrators. Only administrators can change it."
        ),
    )

    def __init__(self, *args: Any, by: User, query: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.query = query
        if not by.is_administrator:
            del self.fields["is_shared"]

    def clean_is_shared(self) -> bool:
        """Refuse to share what only administrators can filter by."""
        is_shared: bool = self.cleaned_data["is_shared"]
        anybody = User(role=User.Role.TECHNICIAN)
        if is_shared and not CaseFilter(QueryDict(self.query), by=anybody).is_valid():
            raise forms.ValidationError(_("Technicians can't use these filters, so this view can't be shared."))
        return is_shared


class NewViewForm(SavedViewForm):
    """A new view of the list that `query` asks for."""

    is_pinned = forms.BooleanField(label=gettext_lazy("Pin to the menu"), required=False, initial=True)
