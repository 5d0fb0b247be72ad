"""The forms of actions on the conditions of many cases."""

from collections import Counter

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.db.bulk import ids_as_rows
from cases.forms.bulk_form import SELECT, BulkForm
from cases.forms.conditions import NewConditionFields
from cases.models import Condition
from cases.models.condition_kinds import MET_BY_HAND
from cases.releases.bulk import Parameters

# The most condition names that are offered.
MAX_NAMES = 100


class BulkAddConditionForm(NewConditionFields, BulkForm):
    """A condition to add, as on the page of one case."""

    def parameters(self) -> Parameters:
        """Return what was chosen, of a valid form."""
        owner = self.cleaned_data["owner"]
        return Parameters(
            kind=self.cleaned_data["kind"], name=self.cleaned_data["name"], owner=owner.pk if owner else None
        )


class BulkConditionForm(BulkForm):
    """One of the conditions that are open in the selected cases."""

    kinds = tuple(Condition.Kind.values)

    condition = forms.ChoiceField(
        label=_("Condition"),
        widget=forms.Select(attrs=SELECT),
        error_messages={
            "required": _("None of the selected cases has an open condition that you can choose here."),
            "invalid_choice": _("This condition isn't open anymore. Choose another one."),
        },
    )

    def prepare(self) -> None:
        """Offer every open condition of the selected cases once, by kind and name."""
        found = Condition.objects.filter(
            case__in=ids_as_rows(self.keys), state=Condition.State.OPEN, kind__in=self.kinds
        )
        named = list(found.order_by("name", "kind").values_list("kind", "name").distinct()[:MAX_NAMES])
        labels = Counter(_label(*each) for each in named)
        self.fields["condition"].choices = [  # type: ignore[attr-defined]
            (f"{kind}:{name}", _label(kind, name, with_kind=labels[_label(kind, name)] > 1)) for kind, name in named
        ]

    def parameters(self) -> Parameters:
        """Return what was chosen, of a valid form."""
        kind, _colon, name = self.cleaned_data["condition"].partition(":")
        return Parameters(kind=kind, name=name)


def _label(kind: str, name: str, *, with_kind: bool = False) -> str:
    """Return the label of a condition. Two of different kinds may have the same name."""
    label = str(Condition.Kind(kind).label)
    return f"{name} ({label})" if name and with_kind else name or label


class BulkMeetForm(BulkConditionForm):
    """The condition that has been met, among those that people confirm."""

    kinds = tuple(MET_BY_HAND)
