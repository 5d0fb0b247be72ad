"""What happened to the portal as a whole: kept forever, append-only, as the history of cases is."""

from typing import TypeAlias

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.constraints import one_of
from cases.models.event import Event, EventSource, names_an_actor
from cases.models.text_limits import facts_limit


class PortalEventKind(models.TextChoices):
    CLOCK_CHANGED = "clock_changed", _("Time zone or release time changed")
    RELEASES_STOPPED = "releases_stopped", _("Releases stopped")
    RELEASES_STARTED = "releases_started", _("Releases started again")
    BLACKOUT_DAY_ADDED = "blackout_day_added", _("Blackout day added")
    BLACKOUT_DAY_REMOVED = "blackout_day_removed", _("Blackout day removed")
    CASE_TYPE_ADDED = "case_type_added", _("Case type added")
    CASE_TYPE_CHANGED = "case_type_changed", _("Case type changed")


class PortalEvent(Event):
    """One step that concerns every case."""

    Kind: TypeAlias = PortalEventKind
    Source: TypeAlias = EventSource

    kind = models.CharField(_("kind"), max_length=30, choices=PortalEventKind)
    source = models.CharField(_("source"), max_length=10, choices=EventSource)

    # The facts in words: set by the selector that reads them.
    said: str

    class Meta:
        verbose_name = _("portal event")
        verbose_name_plural = _("portal events")
        ordering = ["-pk"]
        constraints = [
            facts_limit("portal_event_facts_limit", "details"),
            names_an_actor("portal_event_names_an_actor"),
            one_of(PortalEventKind, field="kind", name="portal_event_kind_known"),
            one_of(EventSource, field="source", name="portal_event_source_known"),
        ]
