"""What the histories have in common: rows that are only added, and that name who acted."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Prose
from cases.models.user import User


class EventSource(models.TextChoices):
    """The door through which a person or a program acted."""

    WEB = "web", _("Web")
    API = "api", _("API")
    ADMIN = "admin", _("Admin")
    ETA = "eta", _("Scheduled task")
    SWEEP = "sweep", _("Periodic check")
    COMMAND = "command", _("Command line")
    READ = "read", _("Member's visit")
    LINK = "link", _("Signed link")
    BULK = "bulk", _("Bulk operation")


class AppendOnly(models.Model):
    """Rows that are never changed or deleted."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new row. TypeError for a stored one."""
        if not self._state.adding:
            raise TypeError(f"{self._meta.object_name} is append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse with TypeError."""
        raise TypeError(f"{self._meta.object_name} is append-only.")


class Event(AppendOnly):
    """One step of a history: when, who, why, and the facts. Never anonymous (docs/rules.md, 10).

    On PostgreSQL a trigger refuses UPDATE and DELETE too (migration 0003).
    """

    at = models.DateTimeField(_("time"))
    # People are never deleted, and only CaseEvent is asked what a person did. It has indexes of its own for that.
    actor = models.ForeignKey(
        User,
        verbose_name=_("done by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    system_actor = models.CharField(
        _("program"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("The program that acted, if no person did."),
    )
    reason = Prose(
        _("reason"),
        max_length=limits.REASON,
        blank=True,
        default="",
        db_default="",
        help_text=_("The reason a person gave."),
    )
    details = models.JSONField(
        _("details"),
        default=dict,
        db_default={},
        blank=True,
        help_text=_("Facts without a column of their own. People are listed by ID."),
    )

    # The people of the details by their present names: set by cases.lifecycle.history.
    named: dict[str, str]
    kind: Any

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    @property
    def actor_name(self) -> str:
        """The name of the person or program that did it."""
        return self.actor.display_name if self.actor else self.system_actor


def names_an_actor(name: str) -> models.CheckConstraint:
    """Constrain an event to a person or a program, never both."""
    return models.CheckConstraint(
        name=name, condition=Q(actor__isnull=False, system_actor="") | (Q(actor__isnull=True) & ~Q(system_actor=""))
    )
