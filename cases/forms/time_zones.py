"""The field in which people choose a time zone: they type a city, and a short list helps."""

from typing import Any

from django import forms
from django.utils import timezone

from cases.core import common_timezones
from cases.core.reader_timezones import validate_zone
from cases.core.text_fields import LineField
from cases.models import User


class TimeZoneInput(forms.TextInput):
    """A text field with suggestions, which the browser searches as people type."""

    template_name = "cases/widgets/time_zone.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}_choices"
        context["zones"] = common_timezones.choices(at=timezone.now())
        return context


class TimeZoneField(LineField):
    """The name of a zone, or a city in it. Empty for the portal's zone."""

    widget = TimeZoneInput

    def __init__(self, **kwargs: Any) -> None:
        longest = User._meta.get_field("time_zone").max_length
        super().__init__(max_length=longest, validators=[validate_zone], **kwargs)

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value)
        return common_timezones.meant_by(typed) if typed else ""
