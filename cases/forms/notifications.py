"""The form in which people choose how they are notified."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from cases.lifecycle.notification_choices import choices_of
from cases.lifecycle.notification_kinds import KINDS, choice_label, is_offered
from cases.models import User


class NotificationChoicesForm(forms.Form):
    """A field for each kind of notification that the person may get, with the present choice."""

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, channel in choices_of(by).items():
            if not is_offered(kind):
                continue
            self.fields[kind] = forms.ChoiceField(
                label=choice_label(kind, by),
                choices=[(channel.value, channel.label) for channel in KINDS[kind].channels],
                initial=channel,
                widget=forms.Select(attrs={"class": "form-select"}),
                error_messages={"invalid_choice": _("Choose how you want to be notified.")},
            )
