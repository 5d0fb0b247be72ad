"""System checks: settings that would break the release promise are said at start, not at midnight."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def visibility_timeout_exceeds_eta_window(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Redis delivers an ETA task again and again once it has waited for longer than the visibility timeout."""
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    window = settings.RELEASE_ETA_WINDOW.total_seconds()
    if visibility > window:
        return []
    return [
        Error(
            f"The broker's visibility_timeout ({visibility} s) is not longer than RELEASE_ETA_WINDOW ({window:.0f} s).",
            hint="Raise RELEASE_VISIBILITY_TIMEOUT or lower RELEASE_ETA_WINDOW_DAYS.",
            id="cases.E001",
        )
    ]
