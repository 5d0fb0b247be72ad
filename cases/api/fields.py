"""Fields of requests and answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.core.text import clean_text


@extend_schema_field({"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"})
class TimeOfDayField(serializers.TimeField):
    """HH:MM or HH:MM:SS: wall clock in the portal's zone. (The schema's own format for times demands an offset.)"""


class ProseField(serializers.CharField):
    """Several lines of text. It refuses numbers, which Django REST framework would accept."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return clean_text(super().to_internal_value(data))
