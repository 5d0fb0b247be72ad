"""The version of the case that a form was made for."""

from django import forms

from cases.core.errors import CaseError
from cases.forms.single_values import SingleValuesForm


class VersionForm(SingleValuesForm):
    """What every change of a case carries: the version that the person saw. Without it, nothing is compared."""

    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def seen(self) -> int | None:
        """Return the version, or None if the form has none. CaseError for one that cannot be read."""
        if not self.is_valid():
            raise CaseError(str(self.errors["version"][0]))
        return self.cleaned_data["version"]  # type: ignore[no-any-return]
