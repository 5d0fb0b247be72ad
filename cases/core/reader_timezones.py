"""The time zones of people. Schedules and releases are the portal's and stay on its clock (cases.core.schedule); other
moments are shown on the clock of whoever reads them."""

import datetime as dt
import zoneinfo
from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

# What is the same for all who use it: programs, and the portal's administrators among themselves.
PORTAL_CLOCK = ("admin/", "api/")


@cache
def names() -> frozenset[str]:
    """The zones that a person may choose: places, as `Pacific/Auckland`, and UTC."""
    return frozenset(name for name in zoneinfo.available_timezones() if "/" in name) | {"UTC"}


def validate_zone(name: str) -> None:
    """ValidationError where there is no such zone."""
    if name not in names():
        raise ValidationError(_("There is no time zone of that name."), code="unknown")


def zone_of(person: object) -> dt.tzinfo | None:
    """The zone that `person` has chosen; None for the portal's, also where the one that was chosen is gone."""
    name = getattr(person, "time_zone", "")
    return zoneinfo.ZoneInfo(name) if name in names() else None


def readers_zone() -> str:
    """The name of the reader's zone where it is another than the portal's, or an empty text."""
    name = timezone.get_current_timezone_name()
    return "" if name == timezone.get_default_timezone_name() else name


def on_portal_clock(moment: dt.datetime, format_: str) -> str:
    """The aware datetime `moment` as the portal's clock shows it. For those who live by another it names the zone."""
    return _with_zone(timezone.localtime(moment, timezone.get_default_timezone()), format_)


def on_readers_clock(moment: dt.datetime, format_: str) -> str:
    """The same on the reader's clock: for where it stands beside what is on the portal's."""
    return _with_zone(timezone.localtime(moment), format_)


def _with_zone(local: dt.datetime, format_: str) -> str:
    text = formats.date_format(local, format_)
    if not readers_zone():
        return text
    zone = local.strftime("%Z")
    return f"{text} {zone}" if zone.isalpha() else f"{text} UTC{zone}"


class ReadersZoneMiddleware:
    """Shows a page's moments in the zone of whoever asked for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):  # what process_view activates ends with the request
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        match = request.resolver_match
        zone = zone_of(request.user)
        if zone and match and not match.route.startswith(PORTAL_CLOCK):
            timezone.activate(zone)
