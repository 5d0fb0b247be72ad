"""The rules of the portal in the demo's past. The settings may be stricter now, and the story must not fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from django.conf import settings

from portal.setting_registry import SETTINGS

# The settings by which verbs refuse. TIME_ZONE, RELEASE_TIME_OF_DAY and closed days stay, because dates on the pages
# follow them.
RULES = (
    "RELEASE_MIN_DAYS",
    "RELEASE_DEFAULT_DAYS",
    "RELEASE_MAX_DAYS",
    "RELEASE_REQUIRES_ANSWER",
    "REQUIRE_SECOND_APPROVER",
    "CASE_QUESTIONS_DAYS",
    "DOCUMENT_MAX_MB",
    "MAX_OPEN_DRAFTS",
    "MAX_SUBMISSIONS_PER_HOUR",
    "MAX_NOTES_PER_HOUR",
    "MAX_MESSAGES_PER_HOUR",
    "MAX_UPLOADS_PER_HOUR",
)


@contextmanager
def usual_rules() -> Iterator[None]:
    """Have the verbs act under the defaults of RULES."""
    usual = {name: SETTINGS[name].kind.read(name, SETTINGS[name].default) for name in RULES}
    with mock.patch.multiple(settings, **usual):
        yield
