"""Parsing what people type about a release. The verbs decide whether it is allowed."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits, schedule
from cases.core.release_days import DAY, SEARCH_DAYS, ReleaseDays
from cases.core.schedule import Schedule
from cases.core.text_fields import ProseField
from cases.forms import picker_texts
from cases.forms.single_values import SingleValuesForm
from cases.forms.versions import VersionForm
from cases.lifecycle.closed_days import days_to_choose, default_date
from cases.models import Case
from cases.releases import release_choice
from cases.releases.schedule_policy import lead_time_of


def has_seconds(time: dt.time) -> bool:
    """Tell whether HH:MM does not say all of it."""
    return bool(time.second or time.microsecond)


class ReleaseDateInput(forms.DateInput):
    """The browser's date picker."""

    input_type = "date"

    def __init__(self, **attributes: Any) -> None:
        super().__init__(attrs={"class": "form-control", **attributes}, format="%Y-%m-%d")

    def format_value(self, value: Any) -> str | None:
        """Return the date as the picker reads it, or None for other text, which it would not show."""
        text = super().format_value(value)
        try:
            return dt.date.fromisoformat(text).isoformat() if text else None
        except ValueError:
            return None


class ScheduleFields(SingleValuesForm):
    """A release date and optionally a time, both in the portal's zone."""

    release_date = forms.DateField(
        label=_("Release date"),
        required=False,
        widget=ReleaseDateInput(),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Enter the date as year-month-day, for example 2026-03-31.")},
    )
    release_time = forms.TimeField(
        label=_("Release time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "form-control"}),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={"invalid": _("Enter the time as hours and minutes, for example 09:30.")},
    )

    # The calendar that the picker offers, and what a script needs to know of its closed days.
    days: ReleaseDays | None = None
    closed_days = ""

    def offer(self, case: Case, *, any_day: bool, now: dt.datetime) -> None:
        """Set what the date picker offers for `case` at the portal's moment `now`: the days that technicians may
        choose, or with `any_day` any day from today on, and which of them are closed."""
        lead = lead_time_of(case)
        self.days = days = days_to_choose(now, lead)
        self.propose(default_date(now, lead, days=days))
        first = schedule.date_of(now) if any_day else schedule.least_date(now, lead)
        picker = self.fields["release_date"]
        picker.widget.attrs["min"] = (days.next_open(first) or first).isoformat()
        if not any_day:
            picker.widget.attrs["max"] = schedule.last_date(now, lead).isoformat()
        if closed := days.closed_between(first, min(days.last, first + SEARCH_DAYS * DAY)):
            picker.help_text = picker_texts.note(closed, first=first)
            self.closed_days = picker.widget.attrs["data-closed"] = picker_texts.for_script(closed)

    def propose(self, date: dt.date) -> None:
        """Fill in the date if none is chosen yet."""
        self.initial.setdefault("release_date", date)

    @property
    def time_text(self) -> str:
        """The value of the time field. It includes seconds if there are any, because saving the form would otherwise
        drop them."""
        value = self["release_time"].value()
        return value.isoformat("seconds" if has_seconds(value) else "minutes") if isinstance(value, dt.time) else value

    @property
    def time_step(self) -> str:
        """Whether the browser's time field accepts seconds. It must if it contains some."""
        value = self["release_time"].value()
        return "1" if isinstance(value, dt.time) and has_seconds(value) else ""


class ChangeForm(VersionForm):
    """What every change of a release carries: the version that the person saw, and optionally a reason."""

    reason = ProseField(
        label=_("Reason"),
        required=False,
        max_length=limits.REASON,
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
    )

    def change(self) -> dict[str, Any]:
        """Return the arguments that every verb takes."""
        return {"version": self.cleaned_data["version"], "reason": self.cleaned_data["reason"]}


class CompletionForm(ChangeForm, ScheduleFields):
    """The product owner's dialog: release now, or on a date."""

    release_option = forms.ChoiceField(
        choices=[("now", _("Release Now")), ("schedule", _("Schedule Release"))],
        error_messages={
            "required": _("Choose when to release the case."),
            "invalid_choice": _("Choose “now” or “schedule”."),
        },
    )

    # Only suggested: if "now" is chosen and no script leaves the date out, it would be a contradiction.
    default_date: dt.date | None = None

    def propose(self, date: dt.date) -> None:
        """Keep the date for a person who chooses "schedule"."""
        self.default_date = date

    def propose_option(self, *, can_release_now: bool) -> None:
        """Choose what can be done. Both can still be chosen, because what holds the case back may end meanwhile."""
        self.initial["release_option"] = "now" if can_release_now else "schedule"

    def release_on(self, case: Case) -> Schedule | None:
        """Return the schedule chosen for `case`, or None for now. BadSchedule for a choice that contradicts itself."""
        asked = self.cleaned_data
        return release_choice.release_on(
            case=case, option=asked["release_option"], date=asked["release_date"], time=asked["release_time"]
        )


class RescheduleForm(ChangeForm, ScheduleFields):
    """Another release date."""

    release_date = forms.DateField(
        label=_("Release date"),
        widget=ReleaseDateInput(),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": _("Enter a new release date."),
            "invalid": _("Enter the date as year-month-day, for example 2026-03-31."),
        },
    )

    def schedule(self) -> Schedule:
        """Return the requested schedule."""
        return Schedule(self.cleaned_data["release_date"], self.cleaned_data["release_time"])
