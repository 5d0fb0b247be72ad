"""What a member writes in a draft."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import LineField
from cases.models import Case


class DraftForm(forms.ModelForm[Case]):
    """What a member writes."""

    title = LineField(label=_("Title"), max_length=limits.TITLE, error_messages={"required": _("Enter a title.")})
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = Case
        fields = ["title", "description", "urgency"]
        widgets = {"description": forms.Textarea}
        labels = {"description": _("Description"), "urgency": _("Urgency")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "urgency" else "form-control"
        if self.instance.pk:
            self.initial["version"] = self.instance.version

    def text(self) -> dict[str, Any]:
        """The arguments of the verbs."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}
