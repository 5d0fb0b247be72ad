"""What a member writes in a draft."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import LineField
from cases.forms.case_types import CaseTypeField, choosable, value_of
from cases.models import Case, CaseType

# What the buttons of the form send as `then`. Without one, the draft is saved and stays a draft.
SUBMIT, ATTACH = "submit", "attach"


class DraftForm(forms.ModelForm[Case]):
    """What a member writes. The title may be missing while `is_unfinished`, as in automatic saves."""

    title = LineField(label=_("Title"), max_length=limits.TITLE, error_messages={"required": _("Enter a title.")})
    case_type = CaseTypeField(required=False)
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = Case
        fields = ["case_type", "title", "description", "urgency"]
        widgets = {"description": forms.Textarea}
        labels = {"description": _("Description"), "urgency": _("Urgency")}

    def __init__(self, *args: Any, is_unfinished: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].required = not is_unfinished
        present = self.instance.case_type
        if types := choosable(present=present):
            cast(CaseTypeField, self.fields["case_type"]).offer(types, present=present)
            self.initial["case_type"] = value_of(present)
        else:
            del self.fields["case_type"]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name in ("urgency", "case_type") else "form-control"
        if self.instance.pk:
            self.initial["version"] = self.instance.version

    def text(self) -> dict[str, Any]:
        """Return the arguments of the verbs."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.fields}

    @property
    def guidance(self) -> list[CaseType]:
        """The choosable types that have guidance for the member."""
        field = self.fields.get("case_type")
        return [each for each in field.types.values() if each.guidance] if isinstance(field, CaseTypeField) else []
