"""System checks: settings that would break the release promise are said at start, not at midnight."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

from cases import stored_clock
from cases.models import PortalClock


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


@register(Tags.database)
def settings_name_the_stored_clock(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A process whose TIME_ZONE is not the portal's refuses to release. A warning: `migrate` runs this check too."""
    if "default" not in (databases or ()) or PortalClock._meta.db_table not in connection.introspection.table_names():
        return []
    sentence = stored_clock.mismatch()
    return [checks.Warning(sentence, hint=f"See {stored_clock.REMEDY} --help.", id="cases.W001")] if sentence else []
