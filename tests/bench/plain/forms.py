"""The forms of the case page, as plain model forms."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import Case, CaseNote, User


class RescheduleForm(forms.ModelForm[Case]):
    """Another release date, and the reason."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2}))

    class Meta:
        model = Case
        fields = ["scheduled_release_date", "scheduled_release_time"]
        widgets = {
            "scheduled_release_date": forms.DateInput({"type": "date"}, "%Y-%m-%d"),
            "scheduled_release_time": forms.TimeInput({"type": "time"}, "%H:%M"),
        }


class ReturnForm(forms.Form):
    """Why the case is reopened."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2}))


class HandOverForm(ReturnForm):
    """The technician who takes over the case."""

    to = forms.ModelChoiceField(
        User.objects.filter(role=User.Role.TECHNICIAN, is_active=True).order_by("first_name", "last_name", "username"),
        label=_("Technician"),
        empty_label=_("Choose a technician"),
    )


class NoteForm(forms.ModelForm[CaseNote]):
    """A note."""

    class Meta:
        model = CaseNote
        fields = ["text"]
