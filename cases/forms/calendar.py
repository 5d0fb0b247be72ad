"""Parsing the calendar's addresses and its form for a move."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.core import schedule
from cases.core.calendar_periods import FIRST_DATE, LAST_DATE, CalendarView, Period
from cases.core.schedule import Schedule
from cases.forms.release import RescheduleForm
from cases.forms.technicians import filter_choices, others_with_cases
from cases.lifecycle import permissions
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseQuerySet, User
from cases.selectors.release_calendar import EntryKind, kinds_of

ALL = "all"


class CalendarForm(forms.Form):
    """Which part of the calendar, and whose cases. All of it is in the address, so that it can be shared: `view`,
    `date` (any day of the month or week), `whose` (the id of a technician, or "all"), and for a day's list `kind`."""

    view = forms.ChoiceField(choices=[(view.value, view.value) for view in CalendarView], widget=forms.HiddenInput)
    date = forms.DateField(
        input_formats=["%Y-%m-%d"],
        widget=forms.HiddenInput,
        error_messages={"invalid": _("Write the date in the link as year-month-day, for example 2026-03-31.")},
    )
    whose = forms.ChoiceField(
        label=_("Show cases of"),
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": _("Technician not found.")},
    )
    kind = forms.ChoiceField(choices=[(kind.value, kind.value) for kind in EntryKind], required=False)

    def __init__(self, query: QueryDict, *, by: User, now: dt.datetime) -> None:
        self.today = schedule.date_of(now)
        defaults = {
            "view": CalendarView.MONTH.value,
            "date": self.today.isoformat(),
            "whose": ALL if by.is_administrator else str(by.pk),
        }
        super().__init__(defaults | {key: value for key, value in query.items() if value})
        self.by = by
        self.fields["whose"].choices = self._people()  # type: ignore[attr-defined]

    def _people(self) -> list[tuple[str, str]]:
        mine = (str(self.by.pk), gettext("My cases"))
        offered = [mine, (ALL, gettext("All cases")), *filter_choices(by=self.by)]
        return [*offered, *others_with_cases({self.data["whose"]} - dict(offered).keys(), by=self.by)]

    def clean_date(self) -> dt.date:
        date: dt.date = self.cleaned_data["date"]
        if not FIRST_DATE <= date <= LAST_DATE:
            raise forms.ValidationError(gettext("The calendar doesn't include this day."))
        return date

    def period(self) -> Period:
        """Return the requested part of the calendar."""
        return Period(CalendarView(self.cleaned_data["view"]), self.cleaned_data["date"])

    def kind_of_list(self) -> EntryKind:
        """Return the kind that the list of a day shows: the requested one, if that day can have it."""
        kinds = kinds_of(self.cleaned_data["date"], today=self.today)
        wanted = self.cleaned_data["kind"]
        return EntryKind(wanted) if wanted in kinds else kinds[0]

    def chosen(self, cases: CaseQuerySet) -> CaseQuerySet:
        """Return the requested ones of `cases`."""
        whose = self.cleaned_data["whose"]
        return cases if whose == ALL else cases.filter(assigned_to=int(whose))

    def query(self, **changes: object) -> str:
        """Return the query of an address: the present one with `changes`. None removes a value."""
        asked = {key: self.cleaned_data[key] for key in ("view", "date", "whose", "kind")} | changes
        return urlencode({key: value for key, value in asked.items() if value not in (None, "")})

    def url(self, **changes: object) -> str:
        """Return the address of the calendar, likewise."""
        return f"{reverse('calendar')}?{self.query(**changes)}"


class MoveForm(RescheduleForm):
    """Another day for the release of a case; its time of day stays."""

    # Required, because it also says which time of day the person saw.
    version = forms.IntegerField(
        min_value=0,
        widget=forms.HiddenInput,
        error_messages={"required": _("Open the case in the calendar and move it from there.")},
    )
    release_time = None  # type: ignore[assignment]

    def __init__(self, *args: Any, case: Case, by: User, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needs_reason = permissions.TABLE[Action.RESCHEDULE][by.role].reason
        self.fields["release_date"].label = gettext("New release date")
        self.fields["reason"].label = gettext("Reason") if needs_reason else gettext("Reason (optional)")
        self.offer(case, any_day=by.is_administrator, now=now)

    def new_schedule(self, case: Case) -> Schedule:
        """Return the chosen day, at the time of day of `case`."""
        return Schedule(self.cleaned_data["release_date"], case.scheduled_release_time)


def read(query: Any, *, by: User, now: dt.datetime) -> tuple[CalendarForm, list[str]]:
    """Return the form for `query`, and what is wrong with it. If something is, the form is that of an empty query."""
    form = CalendarForm(query, by=by, now=now)
    if form.is_valid():
        return form, []
    problems = [str(error) for errors in form.errors.values() for error in errors]
    present = CalendarForm(QueryDict(), by=by, now=now)
    present.is_valid()
    return present, problems
