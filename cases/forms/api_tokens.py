"""The form with which people create API tokens."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cases.accounts.api_tokens import MAX_DAYS
from cases.models.api_token import LONGEST_NAME


class ApiTokenForm(forms.Form):
    """What the token is for, and how long it is valid."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("For example, the program that will use the token."),
        error_messages={"required": _("Enter a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.IntegerField(
        label=_("Days until the token expires"),
        min_value=1,
        max_value=MAX_DAYS,
        error_messages={"required": _("Enter a number of days.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].initial = settings.API_TOKEN_DAYS
