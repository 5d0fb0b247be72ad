"""The time zones of readers.

Schedules and releases stay in the portal's zone (cases.core.schedule). Other moments are shown in the reader's.
"""

import datetime as dt
import zoneinfo
from functools import cache, lru_cache

from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.core.wall_clock import WallClock


@cache
def names() -> frozenset[str]:
    """Return the zones that a person may choose: places such as `Pacific/Auckland`, and UTC."""
    return frozenset(name for name in zoneinfo.available_timezones() if "/" in name) | {"UTC"}


def validate_zone(name: str) -> None:
    """Raise ValidationError if there is no such zone."""
    if name not in names():
        raise ValidationError(_("Unknown time zone."), code="unknown")


def zone_of(person: object) -> dt.tzinfo | None:
    """Return the zone that `person` has chosen. None means the portal's, even if a zone was chosen that no longer
    exists."""
    return zone_named(getattr(person, "time_zone", ""))


def zone_named(name: str) -> dt.tzinfo | None:
    """Return the zone that a person may have chosen by that name. None means the portal's, as in `zone_of`."""
    return zoneinfo.ZoneInfo(name) if name in names() else None


def clock_of(name: str, time_of_day: dt.time) -> WallClock:
    """Return the clock of a person with the zone `name` of `zone_named`, for that time of day."""
    return WallClock(zone_named(name) or timezone.get_default_timezone(), time_of_day)


def readers_zone() -> str:
    """Return the name of the reader's zone, or an empty string where it is the portal's."""
    name = timezone.get_current_timezone_name()
    return "" if name == timezone.get_default_timezone_name() else name


def on_portal_clock(moment: dt.datetime, format_: str) -> str:
    """Format the aware datetime `moment` in the portal's zone. Names the zone for readers who have another one."""
    return _with_zone(timezone.localtime(moment, timezone.get_default_timezone()), format_)


def on_readers_clock(moment: dt.datetime, format_: str) -> str:
    """Format `moment` in the reader's zone, for use next to one in the portal's zone."""
    return _with_zone(timezone.localtime(moment), format_)


def _with_zone(local: dt.datetime, format_: str) -> str:
    text = written(local.replace(tzinfo=None), format_)
    if not readers_zone():
        return text
    zone = local.strftime("%Z")
    return f"{text} {zone}" if zone.isalpha() else f"{text} UTC{zone}"


def written(shown: dt.date, format_: str) -> str:
    """Format a date or a naive datetime as the reader's language does.

    `format_` is a name in `portal.formats`, such as DAY_FORMAT. Results are cached: a list has a hundred, most of them
    the same days and midnights, and formatting them took a sixth of its time.
    """
    return _written(shown, format_, get_language())


@lru_cache(maxsize=10_000)
def _written(shown: dt.date, format_: str, language: str | None) -> str:
    return formats.date_format(shown, format_)
