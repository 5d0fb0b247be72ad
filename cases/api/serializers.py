"""What the API accepts and returns."""

from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from cases.api.fields import ProseField, TimeOfDayField
from cases.core import limits
from cases.core.schedule import Schedule
from cases.lifecycle.case_for_viewer import VisibleCase
from cases.models import Case
from cases.releases import release_choice

# Unknown fields that a refusal names.
MOST_UNKNOWN = 10

STATES = [
    ("draft", "not submitted yet"),
    ("submitted", "no technician works on it yet"),
    ("accepted", "in progress"),
    ("announced", "completed, and a member knows its release date but not what is in it"),
    ("scheduled", "completed, with a release date"),
    ("held", "completed, without a release date"),
    ("released", "the member can see the case with its answer"),
]


class CaseInListSerializer(serializers.Serializer[VisibleCase]):
    """A case as you can see it. Fields that are empty or hidden from you are null or empty."""

    id = serializers.IntegerField(source="pk", read_only=True)
    external_case_id = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    urgency = serializers.ChoiceField(choices=Case.Urgency.values, allow_blank=True, read_only=True)
    case_type = serializers.CharField(read_only=True, allow_null=True)
    state = serializers.ChoiceField(choices=STATES, read_only=True)
    date_submitted = serializers.DateTimeField(read_only=True, allow_null=True)
    date_completed = serializers.DateTimeField(read_only=True, allow_null=True)
    scheduled_release_date = serializers.DateField(read_only=True, allow_null=True)
    scheduled_release_time = TimeOfDayField(read_only=True, allow_null=True)
    actual_release_date = serializers.DateTimeField(read_only=True, allow_null=True)
    version = serializers.IntegerField(read_only=True, allow_null=True)


class CaseSerializer(CaseInListSerializer):
    """A case with its description and its answer, which is Markdown. Members get the answer with the release."""

    description = serializers.CharField(read_only=True)
    answer = serializers.CharField(read_only=True)


class ReleaseSerializer(serializers.Serializer[Any]):
    """When to release the case. "schedule" without a date uses the default date.

    Send the `version` you read to get a 409 if the case has changed since.
    """

    release_option = serializers.ChoiceField(choices=["now", "schedule"])
    release_date = serializers.DateField(required=False, allow_null=True, input_formats=["%Y-%m-%d"])
    release_time = TimeOfDayField(required=False, allow_null=True, input_formats=["%H:%M", "%H:%M:%S"])
    version = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    reason = ProseField(required=False, allow_blank=True, max_length=limits.REASON)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse unknown fields: a misspelled option must not release anything."""
        if unknown := list(islice((name for name in self.initial_data if name not in self.fields), MOST_UNKNOWN)):
            raise serializers.ValidationError(dict.fromkeys(unknown, _("Unknown field.")))
        return attrs

    def release_on(self, case: Case) -> Schedule | None:
        """Return the requested schedule, or None for now. BadSchedule for a choice that contradicts itself."""
        asked = self.validated_data
        return release_choice.release_on(
            case=case, option=asked["release_option"], date=asked.get("release_date"), time=asked.get("release_time")
        )
