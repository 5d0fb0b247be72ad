"""What the address of a case list asks for, read and checked; the form that writes such addresses."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.core import limits, schedule
from cases.core.clock import portal_now
from cases.core.text import isolated
from cases.forms.case_types import GENERAL, filter_choices_of_types
from cases.forms.technicians import filter_choices
from cases.lifecycle import display_states
from cases.models import User
from cases.selectors import case_list, search, unopened
from cases.selectors.case_list import ORDERS, CaseListQuery

MINE, NOBODY = "mine", "nobody"
# Of the members whom a name fits, so many are told.
SEVERAL = 5
SELECT = {"class": "form-select", "data-live": ""}


@dataclass(frozen=True)
class Chip:
    """One filter that is on, in words, and the query without it."""

    text: str
    without: str


class CaseFilter(forms.Form):
    """`q`, `state`, `urgency`, `sort`, and `type` where types are kept; for staff also `technician` and `due`, for
    administrators `member`. A value that cannot be read is an error of its field."""

    q = forms.CharField(
        required=False,
        label=_("Search"),
        max_length=limits.SEARCH,
        validators=[limits.few_words],
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search", "placeholder": _("Number or title")}),
    )
    state = forms.ChoiceField(
        required=False,
        label=_("Status"),
        widget=forms.Select(attrs=SELECT),
        error_messages={"invalid_choice": _("Unknown status.")},
    )
    urgency = forms.ChoiceField(
        required=False,
        label=_("Urgency"),
        choices=[("", _("Any urgency")), ("urgent", _("Urgent")), ("normal", _("Normal"))],
        widget=forms.Select(attrs=SELECT),
        error_messages={"invalid_choice": _("Unknown urgency.")},
    )
    type = forms.ChoiceField(
        required=False,
        label=_("Type"),
        widget=forms.Select(attrs=SELECT),
        error_messages={"invalid_choice": _("Unknown type.")},
    )
    technician = forms.ChoiceField(
        required=False,
        label=_("Technician"),
        widget=forms.Select(attrs=SELECT),
        error_messages={"invalid_choice": _("Technician not found.")},
    )
    due = forms.ChoiceField(
        required=False,
        label=_("Release"),
        choices=[
            ("", _("Any release date")),
            ("today", _("Due today")),
            ("conditions", _("Held by conditions")),
            ("unopened", unopened.LABEL),
        ],
        widget=forms.Select(attrs=SELECT),
    )
    member = forms.CharField(
        required=False,
        label=_("Member"),
        max_length=limits.SEARCH,
        validators=[limits.few_words],
        widget=forms.TextInput(
            attrs={"class": "form-control", "placeholder": _("Member's name or email"), "data-live": ""}
        ),
    )
    sort = forms.ChoiceField(required=False, label=_("Sort by"), choices=[(order.key, order.label) for order in ORDERS])

    def __init__(self, query: QueryDict, *, by: User) -> None:
        super().__init__(query)
        self.query, self.by = query, by
        if not by.is_member:
            self.fields["q"].widget.attrs["placeholder"] = _("Number, title or member")
        self.shown = {state.key: state for state in display_states.filters_for(by)}
        self._offer("state", [("", _("All statuses")), *((state.key, state.label) for state in self.shown.values())])
        if types := filter_choices_of_types(by=by):
            self._offer("type", [("", _("All types")), *types])
        else:
            del self.fields["type"]
        if by.is_member:
            del self.fields["technician"], self.fields["due"]
        else:
            self._offer("technician", self._technicians())
        if not by.is_administrator:
            del self.fields["member"]

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _technicians(self) -> list[tuple[Any, Any]]:
        return [
            ("", _("All technicians")),
            *([(MINE, _("Mine"))] if self.by.is_technician else []),
            (NOBODY, _("Unassigned")),
            *filter_choices(by=self.by),
        ]

    def clean_member(self) -> User | None:
        name = self.cleaned_data["member"]
        if not name:
            return None
        found = User.objects.filter(Q(username=name) | Q(email__iexact=name), role=User.Role.MEMBER).first()
        return found or self._only_one(search.find_members(name, most=SEVERAL + 1))

    def _only_one(self, people: list[User]) -> User:
        if not people:
            raise forms.ValidationError(_("Member not found."))
        if len(people) > 1:
            names = ", ".join(f"{isolated(person.display_name)} ({person.username})" for person in people[:SEVERAL])
            raise forms.ValidationError(
                _("Several members match, such as %(names)s. Enter more of the name."), params={"names": names}
            )
        return people[0]

    def list_query(self) -> CaseListQuery:
        """What is asked for, by a valid form."""
        asked = self.cleaned_data
        return CaseListQuery(
            text=asked["q"],
            state=self.shown.get(asked["state"]),
            urgency=asked["urgency"],
            case_type=self._type(asked.get("type", "")),
            technician=self._whose(asked.get("technician", "")),
            member=asked.get("member"),
            due_by=schedule.date_of(portal_now()) if asked.get("due") == "today" else None,
            held_at=portal_now() if asked.get("due") == "conditions" else None,
            unopened_at=portal_now() if asked.get("due") == "unopened" else None,
            order=asked["sort"],
        )

    def _type(self, value: str) -> int | None:
        if value == GENERAL:
            return case_list.NO_TYPE
        return int(value) if value else None

    def _whose(self, technician: str) -> int | None:
        if technician == NOBODY:
            return case_list.UNASSIGNED
        return (self.by.pk if technician == MINE else int(technician)) if technician else None

    @property
    def is_on(self) -> bool:
        """Whether anything narrows the list."""
        return any(self.query.get(name) for name in self.fields if name != "sort")

    def chips(self) -> list[Chip]:
        """The choices that are on, each with what the query would be without it. The search stands in its field."""
        on = [field for field in self if field.name not in ("q", "sort") and self.query.get(field.name)]
        return [Chip(self._in_words(field), self.query_with(**{field.name: ""})) for field in on]

    def _in_words(self, field: forms.BoundField) -> str:
        value = self.query[field.name]
        chosen = dict(getattr(field.field, "choices", [])).get(value, value)
        return gettext("%(field)s: %(value)s") % {"field": field.label, "value": chosen}

    def query_with(self, **changes: str) -> str:
        """The query of this list's first page with some of its values changed; an empty one leaves."""
        query = {name: str(self.query.get(name, "")) for name in self.fields} | changes
        return urlencode({key: value for key, value in query.items() if value})
