"""Cases as an iCalendar file (RFC 5545). It contains only the number and title of a case, and nothing about its
member."""

import datetime as dt
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from cases.core.text import isolated
from cases.delivery.portal_links import case_url
from cases.models import Case

# How often a calendar program is asked to look again.
REFRESH = dt.timedelta(hours=1)
# CONTROL of RFC 5545, except line ends, which a text may contain. They are written as "\\n".
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def feed(cases: Iterable[Case], *, at: dt.datetime) -> bytes:
    """Return the file with one event a case that is scheduled or released, written at the aware datetime `at`."""
    calendar = Calendar()
    calendar.add("prodid", "-//Advisor Portal//Release calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Case releases"))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for case in cases:
        calendar.add_component(_event(case, at=at))
    content: bytes = calendar.to_ical()
    return content


def _event(case: Case, *, at: dt.datetime) -> Event:
    """Return a moment without a length, in UTC, so that no time zone has to be described."""
    event = Event()
    # The name never changes: a calendar program moves the event when the case is moved.
    event.add("uid", f"release-{case.pk}@{urlsplit(settings.PORTAL_URL).hostname}")
    event.add("sequence", case.schedule_revision)
    event.add("dtstamp", at)
    event.add("dtstart", case.actual_release_date or case.release_instant)
    event.add("summary", _summary(case))
    event.add("url", case_url(case))
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    return event


def _summary(case: Case) -> str:
    name = f"{case.external_case_id}: {isolated(case.title)}" if case.title else case.external_case_id
    template = _("Released: %(case)s") if case.is_released else _("Scheduled: %(case)s")
    return FORBIDDEN.sub("", (template % {"case": name}).replace("\r\n", "\n"))
