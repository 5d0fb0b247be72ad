"""A day on which nothing is to be released."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits, schedule
from cases.core.text_fields import LineField
from cases.forms.release import ReleaseDateInput
from cases.forms.single_values import SingleValuesForm


class DayForm(SingleValuesForm):
    """The day. `now` is the portal's moment: the picker begins today."""

    date = forms.DateField(
        label=_("Date"),
        widget=ReleaseDateInput(),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": _("Enter a date."),
            "invalid": _("Enter the date as year-month-day, for example 2026-03-31."),
        },
    )

    def __init__(self, *args: Any, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        picker = self.fields["date"].widget.attrs
        picker["min"], picker["max"] = schedule.date_of(now).isoformat(), schedule.furthest_date(now).isoformat()


class BlackoutDayForm(DayForm):
    """The day that was viewed, and its name."""

    name = LineField(
        label=_("Name"),
        max_length=limits.NAME,
        help_text=_("Staff see it in the calendar and where they choose a release date."),
        error_messages={"required": _("Enter a name.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["date"].widget = forms.HiddenInput()
