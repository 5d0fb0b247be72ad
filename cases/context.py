"""What every page may say about the portal."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, Any]:
    """The zone in which schedules are meant, and the time of a release without one."""
    return {"portal_zone": settings.TIME_ZONE, "release_time_of_day": settings.RELEASE_TIME_OF_DAY}
