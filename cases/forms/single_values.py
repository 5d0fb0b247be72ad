"""Forms that reject a field given twice, because it is unclear which value was meant (docs/rules.md, 2)."""

from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _


class SingleValuesForm(forms.Form):
    """A form in which each field has only one value."""

    def clean(self) -> dict[str, Any] | None:
        """Reject every field that is given more than once."""
        cleaned = super().clean()
        if isinstance(self.data, MultiValueDict):
            for name in self.fields:
                if len(self.data.getlist(self.add_prefix(name))) > 1:
                    self.add_error(name, _("This was sent more than once. Send it once."))
        return cleaned
