"""What people type about conditions of a case. The verbs decide what is allowed."""

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import LineField
from cases.forms.single_values import SingleValuesForm
from cases.forms.technicians import BY_NAME, TechnicianField
from cases.forms.versions import VersionForm
from cases.models import Condition, User


class NewConditionFields(SingleValuesForm):
    """A new condition: its kind, its subject, and who takes care of it."""

    kind = forms.ChoiceField(
        label=_("What must happen first"),
        choices=Condition.Kind.choices,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Choose what kind of condition this is.")},
    )
    name = LineField(
        label=_("Name"),
        required=False,
        max_length=limits.CONDITION,
        help_text=_(
            "Required for “Something to confirm” and “Confirmation by link”. Anyone with the link can read it."
        ),
    )
    owner = TechnicianField(
        label=_("Owner"),
        required=False,
        empty_label=_("The technician of the case"),
        error_messages={"invalid_choice": _("Choose a technician or an administrator with an active account.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(TechnicianField, self.fields["owner"]).queryset = possible_owners()


class ConditionForm(NewConditionFields, VersionForm):
    """A new condition of one case."""

    def condition(self) -> dict[str, Any]:
        """Return the arguments of the verb."""
        return {name: self.cleaned_data[name] for name in ("kind", "name", "owner", "version")}


def possible_owners() -> QuerySet[User]:
    """Return who may own a condition, by name."""
    return User.objects.filter(is_active=True).exclude(role=User.Role.MEMBER).order_by(*BY_NAME)
