"""The choice of a type, and the forms with which administrators manage types. The verbs decide what is allowed."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.casework.case_types import TypeFacts, in_order
from cases.core import limits
from cases.core.text_fields import LineField, ProseField
from cases.forms.single_values import SingleValuesForm
from cases.forms.versions import VersionForm
from cases.models import Case, CaseType, User
from cases.models.condition_kinds import NEEDS_A_NAME, ConditionKind

# The value of *General* in forms and addresses.
GENERAL = "general"


def choosable(*, present: CaseType | None = None) -> list[CaseType]:
    """Return the types that are not retired, in their order, and the `present` one of a case."""
    kept = list(CaseType.objects.filter(is_retired=False))
    return kept if present is None or present in kept else [*kept, present]


def filter_choices_of_types(*, by: User) -> list[tuple[str, Any]]:
    """Return *General* and every type that `by` may filter by, retired ones last, or nothing if there are no types.

    Members see no retired types, except on a case that has one.
    """
    kept = in_order().only("name", "is_retired")
    types = kept.filter(is_retired=False) if by.is_member else kept
    found = [
        (value_of(each), _("%(name)s (retired)") % {"name": each.name} if each.is_retired else each.name)
        for each in types
    ]
    return [(GENERAL, _("General")), *found] if found else []


def value_of(case_type: CaseType | None) -> str:
    """Return what a form sends for this type."""
    return str(case_type.pk) if case_type else GENERAL


class CaseTypeField(forms.ChoiceField):
    """A type, None for *General*. The form calls `offer`."""

    types: dict[str, CaseType]
    present: CaseType | None

    def __init__(self, **options: Any) -> None:
        errors = {
            "required": _("Choose a type."),
            "invalid_choice": _("This type can't be chosen anymore. Choose another one."),
        }
        select = forms.Select(attrs={"class": "form-select"})
        super().__init__(label=_("Type"), widget=select, error_messages=errors, **options)

    def offer(self, types: list[CaseType], *, present: CaseType | None) -> None:
        """Let a person choose *General* or one of `types`. A form that sends no type keeps the `present` one."""
        self.types, self.present = {value_of(each): each for each in types}, present
        self.choices = [(GENERAL, _("General")), *((value, each.name) for value, each in self.types.items())]

    def clean(self, value: Any) -> CaseType | None:
        """Return the type that was chosen."""
        chosen = super().clean(value)
        return self.types.get(chosen) if chosen else self.present


class CorrectionForm(VersionForm):
    """Type and urgency of a case in progress. Without types to choose from, only the urgency."""

    case_type = CaseTypeField()
    urgency = forms.ChoiceField(
        choices=Case.Urgency.choices,
        label=_("Urgency"),
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"required": _("Choose the urgency.")},
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.initial.update(urgency=case.urgency, case_type=value_of(case.case_type))
        if types := choosable(present=case.case_type):
            cast(CaseTypeField, self.fields["case_type"]).offer(types, present=case.case_type)
        else:
            del self.fields["case_type"]

    def change(self) -> dict[str, Any]:
        """Return the arguments of the verb."""
        return {"case_type": self.case.case_type} | self.cleaned_data


class CaseTypeForm(VersionForm):
    """What an administrator sets for a type, without its conditions."""

    name = LineField(label=_("Name"), max_length=limits.NAME, error_messages={"required": _("Enter a name.")})
    guidance = ProseField(
        label=_("Guidance"),
        required=False,
        max_length=limits.GUIDANCE,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Members see this when they choose the type for a new case."),
    )
    min_days = forms.IntegerField(label=_("Minimum days"), required=False, min_value=0, max_value=limits.DAYS)
    default_days = forms.IntegerField(label=_("Default days"), required=False, min_value=0, max_value=limits.DAYS)
    requires_answer = forms.BooleanField(
        label=_("Answer required"),
        required=False,
        help_text=_("A case of this type can't be completed without an answer."),
    )
    position = forms.IntegerField(
        label=_("Position"),
        min_value=0,
        max_value=limits.PLACES,
        error_messages={"required": _("Enter a number.")},
        help_text=_("Types with lower numbers come first. General always comes first."),
    )

    def facts(self, conditions: "ConditionForms") -> TypeFacts:
        """Return what was typed, with the conditions from the other form. Both must be valid."""
        typed = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return TypeFacts(**typed, conditions=conditions.chosen())


class TypeConditionForm(SingleValuesForm):
    """One condition of a type. A row without a kind is not a condition."""

    kind = forms.ChoiceField(
        label=_("Condition"),
        required=False,
        choices=[("", _("No condition")), *ConditionKind.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    name = LineField(label=_("Name"), required=False, max_length=limits.CONDITION)

    def clean(self) -> dict[str, Any] | None:
        """Refuse a name without a kind, and a kind without the name that it needs."""
        cleaned = super().clean()
        kind, name = self.cleaned_data.get("kind"), self.cleaned_data.get("name")
        if name and kind == "":
            self.add_error("kind", _("Choose the kind of condition, or clear the name."))
        if kind in NEEDS_A_NAME and name == "":
            self.add_error("name", _("Enter a name, such as “Payment received”."))
        return cleaned


class ConditionForms(forms.BaseFormSet[TypeConditionForm]):
    """The conditions of a type, with empty lines to add some."""

    def chosen(self) -> tuple[tuple[str, str], ...]:
        """Return kind and name of each, in their order."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("kind")]
        return tuple((row["kind"], row["name"]) for row in rows)


def condition_forms(data: Any = None, *, present: CaseType | None = None) -> ConditionForms:
    """Return the form for the conditions of `present`, or for the `data` that was sent."""
    made = forms.formset_factory(
        TypeConditionForm, formset=ConditionForms, extra=3, max_num=limits.CONDITIONS, absolute_max=limits.CONDITIONS
    )
    rows = list(present.conditions.values("kind", "name")) if present else []
    return cast(ConditionForms, made(data, initial=rows, prefix="conditions"))
