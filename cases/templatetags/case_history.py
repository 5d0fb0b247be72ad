"""What the history of a case says about an event."""

import datetime as dt

from django import template
from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _

from cases.core import reader_timezones
from cases.lifecycle.history import facts_in
from cases.models import Case, CaseEvent, Condition

register = template.Library()
Kind = CaseEvent.Kind


@register.filter
def what_happened(event: CaseEvent) -> str:
    """Name the event in a few words, with the release date that it set."""
    if event.kind == Kind.RELEASED and not event.actor:
        return _("Released automatically")
    if event.kind == Kind.URGENCY_CHANGED:
        return _urgency_changed(event)
    if event.kind == Kind.LINK_REPLACED and facts_in(event).get("first"):
        return _("Link created")
    if not event.to_date:
        return event.get_kind_display()
    dates = {"day": _schedule(event.to_date, event.to_time)}
    if event.kind == Kind.COMPLETED:
        return _("Completed. Release scheduled for %(day)s") % dates
    if event.kind == Kind.SCHEDULED:
        return _("Release scheduled for %(day)s") % dates
    if event.kind == Kind.RESCHEDULED and event.from_date:
        dates["before"] = _schedule(event.from_date, event.from_time)
        return _("Release moved from %(before)s to %(day)s") % dates
    return event.get_kind_display()


@register.filter
def condition_label(event: CaseEvent) -> str:
    """Name the condition of the event by its kind, where it has no name of its own."""
    kind = facts_in(event).get("condition_kind")
    return str(Condition.Kind(kind).label) if kind in Condition.Kind.values else ""


@register.filter
def types_of(event: CaseEvent) -> list[str]:
    """Return the type before and the type after an event that changed it; nothing for another event."""
    return [name or _("General") for name in getattr(event, "types", [])]


@register.filter
def facts_in_words(event: CaseEvent) -> str:
    """Say in one line what else the event is about: colleagues, a condition, types, a document."""
    named, facts = getattr(event, "named", {}), facts_in(event)
    people = [named[name] for name in ("from_technician", "to_technician") if name in named]
    name = facts.get("name") or (condition_label(event) if facts.get("condition") else "")
    about = " → ".join(part for part in (str(name), named.get("owner", "")) if part)
    parts = [" → ".join(people), " → ".join(types_of(event)), about]
    return ", ".join(part for part in parts if part)


def _urgency_changed(event: CaseEvent) -> str:
    """Name both."""
    facts = facts_in(event)
    before, after = (dict(Case.Urgency.choices).get(str(facts.get(key))) for key in ("from_urgency", "to_urgency"))
    if not before or not after:
        return event.get_kind_display()
    return _("Urgency changed from %(before)s to %(after)s") % {"before": before, "after": after}


def _schedule(date: dt.date, time: dt.time | None) -> str:
    """Format a schedule by the portal's clock. Name the zone if the reader's is different."""
    day = formats.date_format(date, "DAY_FORMAT")
    text = f"{day}, {formats.time_format(time, 'CLOCK_FORMAT')}" if time else day
    return f"{text} ({settings.TIME_ZONE})" if reader_timezones.readers_zone() else text
