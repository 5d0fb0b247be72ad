"""What happened to a case, for ever: append-only, never anonymous (DESIGN rule 10)."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Prose
from cases.models.case import Case
from cases.models.text_limits import facts_limit
from cases.models.user import User


class CaseEvent(models.Model):
    """One step of a case: who, when, through what, from what to what, why.

    On PostgreSQL a trigger refuses UPDATE and DELETE; here `save` of a stored row and `delete` do.
    """

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("Submitted")
        ACCEPTED = "accepted", _("Accepted")
        COMPLETED = "completed", _("Completed")
        SCHEDULED = "scheduled", _("Release scheduled")
        RESCHEDULED = "rescheduled", _("Release rescheduled")
        HELD = "held", _("Put on hold")
        RETURNED = "returned", _("Returned to accepted")
        RELEASED = "released", _("Released")
        MAIL_RESENT = "mail_resent", _("E-mail sent again")
        HANDED_OVER = "handed_over", _("Handed over")
        DOCUMENT_ATTACHED = "document_attached", _("Document attached")
        DOCUMENT_REMOVED = "document_removed", _("Document removed")

    class Source(models.TextChoices):
        WEB = "web", _("Web")
        API = "api", _("API")
        ADMIN = "admin", _("Admin")
        ETA = "eta", _("ETA task")
        SWEEP = "sweep", _("Sweep")
        COMMAND = "command", _("Command")
        READ = "read", _("Member's look")

    case = models.ForeignKey(Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("time"))
    source = models.CharField(_("source"), max_length=10, choices=Source)
    # Nobody asks what a person did, and nobody is deleted.
    actor = models.ForeignKey(
        User,
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    system_actor = models.CharField(
        _("program"), max_length=60, blank=True, help_text=_("The program that acted, if no person did.")
    )
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
    reason = Prose(_("reason"), max_length=limits.REASON, blank=True, help_text=_("The reason a person gave."))
    details = models.JSONField(
        _("details"),
        default=dict,
        db_default={},
        blank=True,
        help_text=_("Facts that have no column of their own. People are listed by ID."),
    )

    # The people of the details by their present names: set by cases.lifecycle.history.
    named: dict[str, str]

    class Meta:
        verbose_name = _("case event")
        verbose_name_plural = _("case events")
        ordering = ["-at", "-pk"]
        indexes = [
            # What was released on a day. A batch has one moment, so that a wave writes into the last page of it.
            models.Index(name="event_released_at", fields=["at"], condition=Q(kind="released")),
            # How many somebody attached lately. A wave writes nothing into it.
            models.Index(name="event_attached", fields=["actor", "-id"], condition=Q(kind="document_attached")),
        ]
        constraints = [
            facts_limit("event_facts_limit", "details"),
            models.CheckConstraint(
                name="event_names_an_actor",
                condition=Q(actor__isnull=False, system_actor="") | (Q(actor__isnull=True) & ~Q(system_actor="")),
            ),
            models.CheckConstraint(
                name="event_kind_known",
                condition=Q(
                    kind__in=[
                        "submitted",
                        "accepted",
                        "completed",
                        "scheduled",
                        "rescheduled",
                        "held",
                        "returned",
                        "released",
                        "mail_resent",
                        "handed_over",
                        "document_attached",
                        "document_removed",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="event_source_known",
                condition=Q(source__in=["web", "api", "admin", "eta", "sweep", "command", "read"]),
            ),
            models.UniqueConstraint(
                name="event_released_once", fields=["case", "release_number"], condition=Q(kind="released")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    @property
    def actor_name(self) -> str:
        """Who did it: the person's name, or the program's."""
        return self.actor.display_name if self.actor else self.system_actor

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Stores a new event. TypeError for a stored one."""
        if not self._state.adding:
            raise TypeError("The history is append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuses with TypeError."""
        raise TypeError("The history is append-only.")
