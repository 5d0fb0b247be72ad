"""What happened to a case: kept forever, append-only, never anonymous (docs/rules.md, 10)."""

from typing import TypeAlias

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core.schedule import Schedule
from cases.models.bulk_run import BulkRun
from cases.models.case import Case
from cases.models.constraints import one_of
from cases.models.event import Event, EventSource, names_an_actor
from cases.models.text_limits import facts_limit


class CaseEventKind(models.TextChoices):
    SUBMITTED = "submitted", _("Submitted")
    ACCEPTED = "accepted", _("Accepted")
    COMPLETED = "completed", _("Completed")
    SCHEDULED = "scheduled", _("Release scheduled")
    RESCHEDULED = "rescheduled", _("Release rescheduled")
    HELD = "held", _("Put on hold")
    RETURNED = "returned", _("Reopened")
    RELEASED = "released", _("Released")
    MAIL_RESENT = "mail_resent", _("Email resent")
    HANDED_OVER = "handed_over", _("Handed over")
    DOCUMENT_ATTACHED = "document_attached", _("Document attached")
    DOCUMENT_REMOVED = "document_removed", _("Document removed")
    TYPE_CHANGED = "type_changed", _("Case type changed")
    URGENCY_CHANGED = "urgency_changed", _("Urgency changed")
    CONDITION_ADDED = "condition_added", _("Condition added")
    CONDITION_REMOVED = "condition_removed", _("Condition removed")
    CONDITION_MET = "condition_met", _("Condition met")
    CONDITION_WAIVED = "condition_waived", _("Condition waived")
    CONDITION_REOPENED = "condition_reopened", _("Condition open again")
    APPROVED = "approved", _("Release approved")
    APPROVAL_LAPSED = "approval_lapsed", _("Approval lapsed")
    LINK_REPLACED = "link_replaced", _("Link replaced")
    UNDONE = "undone", _("Release undone")
    RECALLED = "recalled", _("Release recalled")
    DRAFT_DELETED = "draft_deleted", _("Draft deleted")
    WAITING_ENDED = "waiting_ended", _("No reply needed")


# Each ends one release. A case that is released again has another release number.
TAKEN_BACK = [CaseEventKind.UNDONE.value, CaseEventKind.RECALLED.value]
# Each gives a completed case another release date.
DATE_SET = (CaseEventKind.SCHEDULED, CaseEventKind.RESCHEDULED)
# A person completed the case. The undo of a bulk operation writes the same kind of event, but completes nothing new.
COMPLETED_BY_PERSON = Q(kind=CaseEventKind.COMPLETED.value, bulk_run__isnull=True)


class CaseEvent(Event):
    """One step of a case: through which channel, and from what to what. Facts without a column are in the details."""

    Kind: TypeAlias = CaseEventKind
    Source: TypeAlias = EventSource

    case = models.ForeignKey(Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(_("kind"), max_length=20, choices=CaseEventKind)
    source = models.CharField(_("source"), max_length=10, choices=EventSource)
    from_status = models.CharField(_("status before"), max_length=20, blank=True)
    to_status = models.CharField(_("status after"), max_length=20, blank=True)
    from_date = models.DateField(_("release date before"), null=True, blank=True)
    from_time = models.TimeField(_("release time before"), null=True, blank=True)
    to_date = models.DateField(_("release date after"), null=True, blank=True)
    to_time = models.TimeField(_("release time after"), null=True, blank=True)
    schedule_revision = models.PositiveIntegerField(
        _("schedule revision"), help_text=_("The schedule revision after this step.")
    )
    release_number = models.PositiveIntegerField(
        _("release number"), default=0, help_text=_("Which release of the case this was.")
    )
    release_batch = models.UUIDField(_("release batch"), null=True, blank=True)
    woken_at = models.DateTimeField(
        _("woken"), null=True, blank=True, help_text=_("When the program that released it began.")
    )
    # Without a constraint of the database, which would queue a check for every row of a wave.
    bulk_run = models.ForeignKey(
        BulkRun,
        verbose_name=_("bulk operation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    # The names of both types if the type changed, empty for *General*. Set by cases.lifecycle.history.
    types: list[str]

    class Meta:
        verbose_name = _("case event")
        verbose_name_plural = _("case events")
        ordering = ["-at", "-pk"]
        indexes = [
            # What was released on a day. A batch has one moment, so a wave writes only to the last page of the index.
            models.Index(name="event_released_at", fields=["at"], condition=Q(kind="released")),
            # What was taken back on a day.
            models.Index(name="event_taken_back", fields=["at"], condition=Q(kind__in=TAKEN_BACK)),
            # How many a person attached recently. A wave writes nothing to it.
            models.Index(name="event_attached", fields=["actor", "-id"], condition=Q(kind="document_attached")),
            # What a bulk operation did. A wave writes nothing to it.
            models.Index(name="event_of_run", fields=["bulk_run", "id"], condition=Q(bulk_run__isnull=False)),
            # The release history: all other events, latest first, by kind, and by person. A wave writes to none of
            # them.
            models.Index(name="event_others", fields=["at", "id"], condition=~Q(kind="released")),
            models.Index(name="event_of_kind", fields=["kind", "at", "id"], condition=~Q(kind="released")),
            models.Index(name="event_by_person", fields=["actor", "at", "id"], condition=Q(actor__isnull=False)),
        ]
        constraints = [
            facts_limit("event_facts_limit", "details"),
            names_an_actor("event_names_an_actor"),
            one_of(CaseEventKind, field="kind", name="event_kind_known"),
            one_of(EventSource, field="source", name="event_source_known"),
            models.UniqueConstraint(
                name="event_released_once", fields=["case", "release_number"], condition=Q(kind="released")
            ),
        ]

    @property
    def schedule(self) -> Schedule | None:
        """The schedule of the case after this step."""
        return Schedule(self.to_date, self.to_time) if self.to_date else None

    @property
    def former_schedule(self) -> Schedule | None:
        """The schedule of the case before this step."""
        return Schedule(self.from_date, self.from_time) if self.from_date else None
