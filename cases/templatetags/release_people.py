"""How a page of staff speaks of a member's place and time."""

import datetime as dt

from django import template
from django.utils import formats, timezone

from cases.core.reader_timezones import zone_of
from cases.models import User

register = template.Library()


@register.filter
def place(person: User) -> str:
    """Return the place that the time zone of `person` is named after: New York for America/New_York."""
    return str(zone_of(person) or timezone.get_default_timezone()).rpartition("/")[2].replace("_", " ")


@register.filter
def time_there(person: User) -> str:
    """Say what the clock of `person` shows now."""
    return _on_clock(timezone.now(), person, "CLOCK_FORMAT")


@register.filter
def on_clock_of(moment: dt.datetime, person: User) -> str:
    """Return the aware `moment` on the clock of `person`. Empty if that is the portal's."""
    zone = zone_of(person)
    if zone is None or str(zone) == timezone.get_default_timezone_name():
        return ""
    return _on_clock(moment, person, "MOMENT_SHORT_FORMAT")


@register.filter
def initials(name: str) -> str:
    """Return the first letters of the first and the last word of `name`."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:]))


def _on_clock(moment: dt.datetime, person: User, format_: str) -> str:
    return formats.date_format(timezone.localtime(moment, zone_of(person) or timezone.get_default_timezone()), format_)
