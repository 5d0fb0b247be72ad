"""The time zones of most people, in a list short enough to look through. Any other name can be typed."""

import datetime as dt
import zoneinfo

from cases.core.folding import fold
from cases.core.reader_timezones import names

# One for each set of rules that applies to many people, named after a well-known city.
COMMON = """
Pacific/Honolulu America/Anchorage America/Los_Angeles America/Tijuana America/Denver America/Phoenix America/Chicago
America/Mexico_City America/Guatemala America/Costa_Rica America/New_York America/Bogota America/Lima America/Havana
America/Puerto_Rico America/Santo_Domingo America/Caracas America/La_Paz America/Halifax America/Santiago
America/St_Johns America/Argentina/Buenos_Aires America/Sao_Paulo America/Montevideo Atlantic/Azores
Atlantic/Cape_Verde UTC Europe/London Europe/Lisbon Africa/Casablanca Africa/Lagos Europe/Berlin Europe/Madrid
Europe/Paris Europe/Rome Europe/Warsaw Africa/Johannesburg Africa/Cairo Europe/Athens Europe/Helsinki Europe/Kyiv
Asia/Jerusalem Europe/Istanbul Africa/Nairobi Asia/Riyadh Europe/Moscow Asia/Tehran Asia/Dubai Asia/Kabul
Asia/Karachi Asia/Tashkent Asia/Kolkata Asia/Kathmandu Asia/Dhaka Asia/Yangon Asia/Bangkok Asia/Jakarta
Asia/Ho_Chi_Minh Asia/Shanghai Asia/Hong_Kong Asia/Manila Asia/Singapore Australia/Perth Asia/Tokyo Asia/Seoul
Australia/Adelaide Australia/Brisbane Australia/Sydney Pacific/Guam Pacific/Auckland Pacific/Tongatapu Pacific/Apia
""".split()  # noqa: SIM905  (74 quotation marks would make it longer and no clearer)


def choices(at: dt.datetime) -> list[tuple[str, str]]:
    """Return zone names with their labels, from west to east: the city, and its offset from UTC `at` that moment."""
    zones = [(at.astimezone(zoneinfo.ZoneInfo(name)), name) for name in COMMON if name in names()]
    zones.sort(key=lambda zone: (zone[0].utcoffset(), zone[1]))
    return [(name, f"{_city(name)} (UTC{_offset(local)})") for local, name in zones]


def meant_by(typed: str) -> str:
    """Return the zone that a person means by its name or its city, in any letters. Otherwise return `typed`."""
    wanted = fold(typed).replace(" ", "_")
    found = [name for name in names() if wanted in (fold(name), fold(name).rpartition("/")[2])]
    common = [name for name in found if name in COMMON]
    return next(iter(common or sorted(found)), typed)


def _offset(local: dt.datetime) -> str:
    digits = local.strftime("%z")
    return f"{digits[:3]}:{digits[3:5]}"


def _city(name: str) -> str:
    return name.rpartition("/")[2].replace("_", " ")
