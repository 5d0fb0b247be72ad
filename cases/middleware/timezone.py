"""Shows people moments in the time zone that they have chosen."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cases.core.reader_timezones import zone_of

# Programs read the portal's clock, and so do administrators in the Django admin.
PORTAL_CLOCK = ("admin/", "api/")


class ReadersZoneMiddleware:
    """Show the moments of a page in the zone that its reader has chosen."""

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
