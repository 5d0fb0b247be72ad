"""The days of an absence, and the deputy."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.forms.release import ReleaseDateInput
from cases.forms.single_values import SingleValuesForm
from cases.forms.technicians import TechnicianField, colleagues_of
from cases.models import User


class AbsenceDayField(forms.DateField):
    """A day that a picker offers."""

    def __init__(self, **options: Any) -> None:
        messages = {
            "required": _("Enter a date."),
            "invalid": _("Enter the date as year-month-day, for example 2026-03-31."),
        }
        super().__init__(widget=ReleaseDateInput(), input_formats=["%Y-%m-%d"], error_messages=messages, **options)


class AbsenceForm(SingleValuesForm):
    """An absence of `technician`, from `today` on."""

    first_day = AbsenceDayField(label=_("First day away"))
    last_day = AbsenceDayField(label=_("Last day away"))
    deputy = TechnicianField(
        label=_("Deputy"), empty_label=_("Choose a deputy"), error_messages={"required": _("Choose a deputy.")}
    )

    def __init__(self, *args: Any, technician: User, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["deputy"].queryset = colleagues_of(technician)  # type: ignore[attr-defined]
        for name in ("first_day", "last_day"):
            picker = self.fields[name].widget.attrs
            picker["min"] = today.isoformat()
            picker["max"] = (today + limits.DAYS * dt.timedelta(days=1)).isoformat()
