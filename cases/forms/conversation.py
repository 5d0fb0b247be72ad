"""What people type in the conversation of a case, and the form of a canned text. The verbs decide what is allowed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import LineField, ProseField
from cases.forms.single_values import SingleValuesForm
from cases.forms.versions import VersionForm
from cases.models import CannedText


class MessageForm(SingleValuesForm):
    """The text of a message.

    The verb limits its length, and counts a line end as one character, as browsers do. `asks`: staff wait for a reply.
    `canned`: a canned text to insert into the message before it is sent.
    """

    message = forms.CharField(required=False, strip=False, max_length=2 * limits.MESSAGE)
    asks = forms.BooleanField(required=False)
    canned = forms.ModelChoiceField(
        queryset=CannedText.objects.all(),
        required=False,
        error_messages={"invalid_choice": _("This canned text no longer exists. Choose another one.")},
    )

    def with_canned(self) -> "MessageForm":
        """Return the form with the chosen text after what was typed. Nothing is sent. This form must be valid."""
        typed, chosen = self.cleaned_data["message"].rstrip(), self.cleaned_data["canned"]
        texts = [typed, chosen.text if chosen else ""]
        return MessageForm({"message": "\n\n".join(filter(None, texts)), "asks": self.cleaned_data["asks"]})


class CannedTextForm(VersionForm):
    """Name and text, for administrators."""

    name = LineField(
        label=_("Name"),
        max_length=limits.NAME,
        help_text=_("Staff choose the text by its name. Members never see it."),
        error_messages={"required": _("Enter a name.")},
    )
    text = ProseField(
        label=_("Text"),
        max_length=limits.MESSAGE,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("You can use Markdown. Staff can change the text before they send it."),
        error_messages={"required": _("Enter some text.")},
    )

    def change(self) -> dict[str, Any]:
        """Return the arguments of the verb, except the version."""
        return {"name": self.cleaned_data["name"], "text": self.cleaned_data["text"]}
