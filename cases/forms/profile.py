"""The form of one's own profile."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.core import limits
from cases.core.text_fields import LineField
from cases.forms.seen_values import SeenValuesMixin
from cases.forms.time_zones import TimeZoneField
from cases.models import User


class ProfileForm(SeenValuesMixin, forms.ModelForm[User]):
    """Name, language, time zone and keys. Only administrators change username, address and role."""

    first_name = LineField(label=gettext_lazy("First name"), required=False, max_length=limits.NAME)
    last_name = LineField(label=gettext_lazy("Last name"), required=False, max_length=limits.NAME)
    time_zone = TimeZoneField(label=gettext_lazy("Time zone"), required=False)

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("Use browser setting")), *settings.LANGUAGES],
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=gettext_lazy("Used for pages and for emails we send you."),
    )

    keyboard_shortcuts = forms.BooleanField(
        label=gettext_lazy("Use keyboard shortcuts"),
        required=False,
        help_text=gettext_lazy(
            "Single-key shortcuts, such as / to search and ? to show them all. Ctrl K always works."
        ),
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "language", "time_zone", "keyboard_shortcuts")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["time_zone"]
        field.widget.attrs["placeholder"] = _("Portal time zone (%(zone)s)") % {"zone": settings.TIME_ZONE}
        field.help_text = _(
            "Type a city, such as Chicago. Used for dates and times. Release dates always use the portal's time zone "
            "(%(zone)s)."
        ) % {"zone": settings.TIME_ZONE}

    def changes(self) -> dict[str, Any]:
        """Return what the person changed, and nothing else: an administrator may have changed that in the meantime."""
        return {name: self.cleaned_data[name] for name in self.changed_by_person}
