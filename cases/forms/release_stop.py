"""What an administrator types to stop or start all releases."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import ProseField
from cases.forms.single_values import SingleValuesForm


class ReleaseStopForm(SingleValuesForm):
    """The reason, and the time of the stop that the person was looking at."""

    reason = ProseField(label=_("Reason"), required=False, max_length=limits.REASON)
    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)
