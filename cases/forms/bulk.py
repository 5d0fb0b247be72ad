"""What an action on many cases asks for. The preview decides case by case what is allowed."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from cases.core import limits, schedule
from cases.core.clock import portal_now
from cases.forms.bulk_conditions import BulkAddConditionForm, BulkConditionForm, BulkMeetForm
from cases.forms.bulk_form import SELECT, BulkForm
from cases.forms.case_types import CaseTypeField, choosable
from cases.forms.release import ReleaseDateInput
from cases.forms.technicians import TechnicianField, colleagues_of
from cases.lifecycle.closed_days import default_date
from cases.models import BulkRun, Case
from cases.releases.bulk import Parameters

Action = BulkRun.Action


class BulkDateForm(BulkForm):
    """The day, or the first of several."""

    date = forms.DateField(
        label=_("Release date"),
        widget=ReleaseDateInput(),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": _("Enter a date."),
            "invalid": _("Enter the date as year-month-day, for example 2026-03-31."),
        },
    )

    def prepare(self) -> None:
        """Suggest the portal's default date, and offer dates from the first one that this person may choose."""
        now = portal_now()
        first = schedule.date_of(now) if self.by.is_administrator else schedule.least_date(now)
        self.fields["date"].widget.attrs["min"] = first.isoformat()
        self.initial.setdefault("date", default_date(now))


class BulkScheduleForm(BulkDateForm):
    """One schedule for all."""

    time = forms.TimeField(
        label=_("Time (optional)"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={"invalid": _("Enter the time as hours and minutes, for example 09:30.")},
    )

    def prepare(self) -> None:
        """Say when a case is released whose time is left empty."""
        super().prepare()
        time = time_format(settings.RELEASE_TIME_OF_DAY, "CLOCK_FORMAT")
        said = _("If you leave the time empty, cases will be released at %(time)s.")
        self.fields["time"].help_text = said % {"time": time}

    def parameters(self) -> Parameters:
        """Return what was chosen, of a valid form."""
        return Parameters(date=self.cleaned_data["date"], time=self.cleaned_data["time"])


class BulkSpreadForm(BulkDateForm):
    """A first day, and a number of releases per day."""

    most_a_day = forms.IntegerField(
        label=_("Maximum releases per day"),
        min_value=1,
        max_value=limits.BULK_CASES,
        error_messages={"required": _("Enter a number.")},
        help_text=_("Counts the selected cases only, in list order. Days closed for releases are skipped."),
    )

    def prepare(self) -> None:
        """Name the date for what it is."""
        super().prepare()
        self.fields["date"].label = _("First release date")

    def parameters(self) -> Parameters:
        """Return what was chosen, of a valid form."""
        return Parameters(date=self.cleaned_data["date"], most_a_day=self.cleaned_data["most_a_day"])


class BulkShiftForm(BulkForm):
    """A number of days, and the direction."""

    days = forms.IntegerField(
        label=_("Move by"), min_value=1, max_value=365, initial=1, error_messages={"required": _("Enter a number.")}
    )
    unit = forms.ChoiceField(
        label=_("Unit"),
        choices=[("working", _("Working days")), ("days", _("Days"))],
        widget=forms.Select(attrs=SELECT),
        help_text=_("Working days are Monday to Friday, except holidays and blackout days."),
    )
    direction = forms.ChoiceField(
        label=_("Direction"),
        choices=[("later", _("Later")), ("earlier", _("Earlier"))],
        widget=forms.Select(attrs=SELECT),
    )

    def parameters(self) -> Parameters:
        """Return what was chosen, of a valid form. A move to an earlier date has a negative number of days."""
        chosen = self.cleaned_data
        days = chosen["days"] if chosen["direction"] == "later" else -chosen["days"]
        return Parameters(days=days, working_days=chosen["unit"] == "working")


class BulkHandOverForm(BulkForm):
    """The new technician."""

    technician = TechnicianField(
        label=_("Hand over to"),
        empty_label=_("Choose a technician"),
        error_messages={"invalid_choice": _("Choose a technician.")},
    )

    def prepare(self) -> None:
        """Offer the colleagues who have signed in before."""
        cast(TechnicianField, self.fields["technician"]).queryset = colleagues_of(self.by)

    def parameters(self) -> Parameters:
        """Return what was chosen, of a valid form."""
        return Parameters(technician=self.cleaned_data["technician"].pk)


class BulkUrgencyForm(BulkForm):
    """The urgency."""

    urgency = forms.ChoiceField(
        label=_("Urgency"), choices=Case.Urgency.choices, widget=forms.Select(attrs=SELECT), initial="urgent"
    )

    def parameters(self) -> Parameters:
        """Return what was chosen, of a valid form."""
        return Parameters(urgency=self.cleaned_data["urgency"])


class BulkTypeForm(BulkForm):
    """The type that the cases get."""

    case_type = CaseTypeField()

    def prepare(self) -> None:
        """Offer the types that are in use."""
        cast(CaseTypeField, self.fields["case_type"]).offer(choosable(), present=None)

    def parameters(self) -> Parameters:
        """Return what was chosen, of a valid form."""
        chosen = self.cleaned_data["case_type"]
        return Parameters(case_type=chosen.pk if chosen else None)


FORMS: dict[str, type[BulkForm]] = {
    Action.SCHEDULE: BulkScheduleForm,
    Action.SPREAD: BulkSpreadForm,
    Action.SHIFT: BulkShiftForm,
    Action.HAND_OVER: BulkHandOverForm,
    Action.ADD_CONDITION: BulkAddConditionForm,
    Action.MEET_CONDITION: BulkMeetForm,
    Action.WAIVE_CONDITION: BulkConditionForm,
    Action.URGENCY: BulkUrgencyForm,
    Action.CASE_TYPE: BulkTypeForm,
}


def form_for(action: str, *args: Any, **options: Any) -> BulkForm:
    """Return the form of the action."""
    return FORMS.get(action, BulkForm)(*args, action=action, **options)
