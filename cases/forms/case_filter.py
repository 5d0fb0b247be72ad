"""Reading and checking the address of a case list. The form also writes such addresses."""

import copy
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from cases.core import calendar_periods, limits, schedule
from cases.core.clock import portal_now
from cases.forms.case_types import GENERAL, filter_choices_of_types
from cases.forms.filters import DayField, FilterForm, ShortSelect
from cases.forms.members import only_member
from cases.forms.technicians import TechnicianFilterField, filter_choices, others_with_cases
from cases.lifecycle import state_labels
from cases.models import Condition, User
from cases.selectors import unopened
from cases.selectors.case_list_query import NO_TYPE, ORDERS, UNASSIGNED, CaseListQuery
from cases.selectors.pagination import PER_PAGE

MINE, NOBODY = "mine", "nobody"
LIVE = {"data-live": ""}
SELECT = {"class": "form-select"} | LIVE
# How many days ago a case was created, at least or at most.
OVER, LAST = (7, 30, 90), (7, 30)
PAGE_SIZES = (50, 100)
COMFORTABLE = "comfortable"
# They change how a list is shown, not what is on it.
OF_DISPLAY = ("sort", "per", "density")
OF_STAFF = ("technician", "due", "member", "release_from", "release_to", "age", "held_by", "per", "density")


@dataclass(frozen=True)
class StoredChoices:
    """The choices that are read from the database: types and technicians, by key and name."""

    types: list[tuple[str, StrOrPromise]]
    technicians: list[tuple[str, str]]


class CaseFilter(FilterForm):
    """`q`, `state`, `waiting`, `urgency`, `sort`, and `type` where types are kept; for staff also OF_STAFF. A value
    that cannot be read is an error of its field."""

    without_chip = ("q", *OF_DISPLAY)
    day_format = "DAY_SHORT_FORMAT"

    q = forms.CharField(
        required=False,
        label=_("Search"),
        max_length=limits.SEARCH,
        validators=[limits.validate_word_count],
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search", "placeholder": _("Number or title")}),
    )
    state = forms.ChoiceField(
        required=False,
        label=_("Status"),
        widget=ShortSelect(attrs=SELECT),
        error_messages={"invalid_choice": _("Unknown status.")},
    )
    waiting = forms.ChoiceField(required=False, label=_("Conversation"), widget=ShortSelect(attrs=SELECT))
    urgency = forms.ChoiceField(
        required=False,
        label=_("Urgency"),
        choices=[("", _("Any urgency")), ("urgent", _("Urgent")), ("normal", _("Normal"))],
        widget=ShortSelect(attrs=SELECT),
        error_messages={"invalid_choice": _("Unknown urgency.")},
    )
    type = forms.ChoiceField(
        required=False,
        label=_("Type"),
        widget=ShortSelect(attrs=SELECT),
        error_messages={"invalid_choice": _("Unknown type.")},
    )
    technician = TechnicianFilterField(required=False, label=_("Technician"), widget=ShortSelect(attrs=SELECT))
    due = forms.ChoiceField(
        required=False,
        label=_("Release"),
        choices=[
            ("", _("Any release date")),
            ("today", _("Due today")),
            ("week", _("Releasing this week")),
            ("conditions", _("Held by conditions")),
            ("unopened", unopened.LABEL),
        ],
        widget=ShortSelect(attrs=SELECT),
    )
    member = forms.CharField(
        required=False,
        label=_("Member"),
        max_length=limits.SEARCH,
        widget=forms.TextInput(
            attrs={"class": "form-control", "placeholder": _("Member's name or email"), "data-live": ""}
        ),
    )
    release_from = DayField(label=_("Release date from"), attrs=LIVE)
    release_to = DayField(label=_("Release date to"), attrs=LIVE)
    age = forms.ChoiceField(required=False, label=_("Age"), widget=ShortSelect(attrs=SELECT))
    held_by = forms.ChoiceField(
        required=False,
        label=_("Held by"),
        choices=[("", _("Any condition or none")), *Condition.Kind.choices],
        widget=ShortSelect(attrs=SELECT),
    )
    sort = forms.ChoiceField(required=False, label=_("Sort by"), choices=[(order.key, order.label) for order in ORDERS])
    per = forms.ChoiceField(
        required=False, label=_("Cases per page"), choices=[(str(size), str(size)) for size in ("", *PAGE_SIZES)]
    )
    density = forms.ChoiceField(
        required=False, label=_("Rows"), choices=[("", _("Compact")), (COMFORTABLE, _("Comfortable"))]
    )

    field_order = (
        "q",
        "state",
        "waiting",
        "urgency",
        "technician",
        "member",
        "due",
        "held_by",
        "release_from",
        "release_to",
        "age",
    )

    def __init__(self, query: QueryDict, *, by: User) -> None:
        super().__init__(query)
        self.query, self.by = query, by
        # The name for a technician's own cases. Other people's links and shared views have the key.
        self.mine = {MINE, str(by.pk)} if by.is_technician else set[str]()
        self.stored = _stored_choices(by)
        self.moments: list[dt.datetime] = []
        self.shown = {state.key: state for state in state_labels.filters_for(by)}
        self.turns = {turn.key: turn for turn in state_labels.turns_for(by)}
        self._offer("state", [("", _("All statuses")), *((state.key, state.label) for state in self.shown.values())])
        self._offer("waiting", [("", _("Any conversation")), *((turn.key, turn.label) for turn in self.turns.values())])
        self._offer("type", [("", _("All types")), *self.stored.types])
        if not by.is_member:
            self._offer_to_staff()
        for name in (*(OF_STAFF if by.is_member else ()), *(() if self.stored.types else ("type",))):
            del self.fields[name]

    def _offer_to_staff(self) -> None:
        self.fields["q"].widget.attrs["placeholder"] = _("Number, title or member")
        offered = self._technicians()
        self._offer("technician", [*offered, *self._others(offered, [self.query])])
        self._offer("age", _ages())

    def readings(self, queries: Sequence[QueryDict]) -> list[Self]:
        """Return a filter for each of `queries`, for the same person, who is staff.

        They share their fields, because building these for each view took an eighth of the time of a list.
        """
        field = cast(TechnicianFilterField, self.fields["technician"])
        others = self._others(cast(list[tuple[Any, Any]], field.choices), queries)
        field.accepted = frozenset(self.mine | dict(others).keys())
        return [self._reading(query) for query in queries]

    def _reading(self, query: QueryDict) -> Self:
        other = copy.copy(self)
        vars(other).update(data=query, query=query, _errors=None, _bound_fields_cache={})
        return other

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _technicians(self) -> list[tuple[Any, Any]]:
        asked = self.query.get("technician", "")
        return [
            ("", _("All technicians")),
            *([(asked if asked in self.mine else MINE, _("Mine"))] if self.mine else []),
            (NOBODY, _("Unassigned")),
            *self.stored.technicians,
        ]

    def _others(self, offered: list[tuple[Any, Any]], queries: Sequence[QueryDict]) -> list[tuple[str, str]]:
        """Return the technicians that `queries` ask for in addition to those `offered`, as links and views from before
        a change of role do."""
        asked = {query.get("technician", "") for query in queries}
        return others_with_cases(asked - self.mine - dict(offered).keys(), by=self.by)

    def clean_member(self) -> User | None:
        name = self.cleaned_data["member"]
        return only_member(name, by=self.by) if name else None

    def clean(self) -> dict[str, Any] | None:
        first, last = self.cleaned_data.get("release_from"), self.cleaned_data.get("release_to")
        if first and last and last < first:
            self.add_error("release_to", _("Choose a date on or after the first one."))
        return super().clean()

    def list_query(self) -> CaseListQuery:
        """Return the query of a valid form."""
        asked = self.cleaned_data
        now = self._now() if asked.get("due") or asked.get("age") or asked.get("held_by") else None
        return CaseListQuery(
            text=asked["q"],
            state=self.shown.get(asked["state"]),
            turn=self.turns.get(asked["waiting"]),
            urgency=asked["urgency"],
            case_type=self._type(asked.get("type", "")),
            technician=self._whose(asked.get("technician", "")),
            member=asked.get("member"),
            due_by=_last_day(asked.get("due", ""), now) if now else None,
            held_at=now if asked.get("due") == "conditions" or asked.get("held_by") else None,
            held_by=asked.get("held_by", ""),
            unopened_at=now if asked.get("due") == "unopened" else None,
            release_from=asked.get("release_from"),
            release_to=asked.get("release_to"),
            **(_created(asked.get("age", ""), now) if now else {}),
            order=asked["sort"],
        )

    def _now(self) -> dt.datetime:
        """Return the portal's time. It is read only once, even for all filters made by `readings`."""
        if not self.moments:
            self.moments.append(portal_now())
        return self.moments[0]

    def _type(self, value: str) -> int | None:
        if value == GENERAL:
            return NO_TYPE
        return int(value) if value else None

    def _whose(self, technician: str) -> int | None:
        if technician == NOBODY:
            return UNASSIGNED
        return (self.by.pk if technician == MINE else int(technician)) if technician else None

    @property
    def is_on(self) -> bool:
        """Whether any filter narrows the list."""
        return any(self.query.get(name) for name in self.fields if name not in OF_DISPLAY)

    @property
    def choices_of_cases(self) -> list[forms.BoundField]:
        """The fields that choose cases, without the search."""
        return [field for field in self if field.name not in ("q", *OF_DISPLAY)]

    @property
    def of_display(self) -> list[forms.BoundField]:
        """The fields that change how the list is shown: they have no field on the page."""
        return [field for field in self if field.name in OF_DISPLAY]

    @property
    def per_page(self) -> int:
        """The number of cases per page."""
        if self.by.is_member:
            return PER_PAGE
        asked = self.query.get("per", "")
        return int(asked) if asked in map(str, PAGE_SIZES) else PAGE_SIZES[0]

    @property
    def is_comfortable(self) -> bool:
        """Whether the rows have more room."""
        return self.query.get("density") == COMFORTABLE


def _stored_choices(by: User) -> StoredChoices:
    return StoredChoices(filter_choices_of_types(by=by), [] if by.is_member else filter_choices(by=by))


def _ages() -> list[tuple[str, Any]]:
    over = [(f"over-{n}", ngettext("Over %(n)d day", "Over %(n)d days", n) % {"n": n}) for n in OVER]
    last = [(f"last-{n}", ngettext("Last %(n)d day", "Last %(n)d days", n) % {"n": n}) for n in LAST]
    return [("", _("Any age")), *over, *last]


def _created(age: str, now: dt.datetime) -> dict[str, dt.datetime]:
    """Return since or until when a case of that age was created, as CaseListQuery names it."""
    if not age:
        return {}
    way, days = age.split("-")
    return {"created_before" if way == "over" else "created_from": now - dt.timedelta(days=int(days))}


def _last_day(due: str, now: dt.datetime) -> dt.date | None:
    """Return the last day of today, or of this week, by the portal's calendar."""
    today = schedule.date_of(now)
    week = calendar_periods.Period(calendar_periods.CalendarView.WEEK, today)
    return {"today": today, "week": week.last}.get(due)
