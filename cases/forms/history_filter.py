"""Reading and checking the address of the release history. The form also writes such addresses."""

import datetime as dt
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.forms.filters import DayField, FilterForm, ShortSelect
from cases.forms.technicians import BY_NAME
from cases.models import Case, CaseEvent, User
from cases.selectors.history import HistoryQuery, named_person
from cases.selectors.search import possible_numbers

SELECT = {"class": "form-select"}
MOST_RUNS = 10**limits.KEY_DIGITS - 1
INVALID_DAY = {"invalid": _("Enter a date like 2025-12-31.")}


class HistoryFilter(FilterForm):
    """`case`, `kind`, `person`, `channel`, `run`, and the days `since` and `until`. A value that cannot be read is an
    error."""

    case = forms.CharField(
        required=False,
        label=_("Case"),
        max_length=limits.CASE_NUMBER,
        widget=forms.TextInput(attrs={"class": "form-control", "placeholder": _("Case number"), "type": "search"}),
    )
    kind = forms.ChoiceField(
        required=False,
        label=_("What happened"),
        choices=[("", _("Anything")), *CaseEvent.Kind.choices],
        widget=ShortSelect(attrs=SELECT),
        error_messages={"invalid_choice": _("Unknown kind.")},
    )
    person = forms.ChoiceField(
        required=False,
        label=_("Done by"),
        widget=ShortSelect(attrs=SELECT),
        error_messages={"invalid_choice": _("Person not found.")},
    )
    channel = forms.ChoiceField(
        required=False,
        label=_("Channel"),
        choices=[("", _("Any channel")), *CaseEvent.Source.choices],
        widget=ShortSelect(attrs=SELECT),
        error_messages={"invalid_choice": _("Unknown channel.")},
    )
    run = forms.IntegerField(
        required=False,
        label=_("Bulk operation"),
        min_value=1,
        max_value=MOST_RUNS,
        widget=forms.NumberInput(attrs={"class": "form-control", "placeholder": _("Number")}),
    )
    since = DayField(label=_("From"), error_messages=INVALID_DAY)
    until = DayField(label=_("To"), error_messages=INVALID_DAY)

    def __init__(self, query: QueryDict, *, by: User) -> None:
        super().__init__(query)
        self.query, self.by = query, by
        self.fields["person"].choices = self._people()  # type: ignore[attr-defined]

    def _people(self) -> list[tuple[str, Any]]:
        """Return the staff by name, and the requested member, if the visible history names them."""
        staff = User.objects.exclude(role=User.Role.MEMBER).order_by("-is_active", *BY_NAME)
        people = {str(person.pk): person.display_name for person in staff}
        asked = self.query.get("person", "")
        if limits.is_key(asked) and asked not in people and (person := named_person(int(asked), self.by)):
            people[asked] = person.display_name
        return [("", _("Anyone")), *people.items()]

    def clean_case(self) -> Case | None:
        number = self.cleaned_data["case"].strip()
        if not number:
            return None
        meant = Case.objects.visible_to(self.by).filter(external_case_id__in=possible_numbers(number))
        found = {case.external_case_id: case for case in meant}
        for spelling in (number, number.upper(), *sorted(found)):
            if case := found.get(spelling):
                return case
        raise forms.ValidationError(_("No case has this number. Enter the full case number."))

    def history_query(self) -> HistoryQuery:
        """Return the query of a valid form. Days are those of the reader."""
        asked = self.cleaned_data
        return HistoryQuery(
            person=int(asked["person"]) if asked["person"] else None,
            kind=asked["kind"],
            source=asked["channel"],
            case=asked["case"].pk if asked["case"] else None,
            run=asked["run"],
            start=_midnight(asked["since"]),
            end=_midnight(asked["until"], days=1),
        )

    @property
    def is_on(self) -> bool:
        """Whether anything narrows the list."""
        return any(self.query.get(name) for name in self.fields)


def _midnight(day: dt.date | None, *, days: int = 0) -> dt.datetime | None:
    """Return the beginning of the reader's `day`, or of the one `days` later. None for None."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time()) + dt.timedelta(days=days)) if day else None
