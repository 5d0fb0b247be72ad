"""What every page may say about the portal."""

import functools
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from cases.core import reader_timezones
from cases.lifecycle import release_stop


def portal(request: HttpRequest) -> dict[str, Any]:
    """Return the zone of schedules, the time of a release without one, and the reader's zone where it is another.

    `release_stop` reads the database when a template asks for it, and once a page.
    """
    return {
        "portal_zone": settings.TIME_ZONE,
        "release_time_of_day": settings.RELEASE_TIME_OF_DAY,
        "readers_zone": reader_timezones.readers_zone(),
        "release_stop": functools.cache(release_stop.current),
    }
