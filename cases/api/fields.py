"""Fields of requests and answers."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field({"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"})
class TimeOfDayField(serializers.TimeField):
    """HH:MM or HH:MM:SS: wall clock in the portal's zone. (The schema's own format for times demands an offset.)"""
