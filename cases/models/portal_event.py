"""What happened to the portal as a whole, for ever: append-only, as the history of cases is."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.text_limits import facts_limit
from cases.models.user import User


class PortalEvent(models.Model):
    """One step that concerns every case: what, when, by whom, and its details.

    On PostgreSQL a trigger refuses UPDATE and DELETE; here `save` of a stored row and `delete` do.
    """

    class Kind(models.TextChoices):
        CLOCK_CHANGED = "clock_changed", _("Time zone or release time changed")

    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    at = models.DateTimeField(_("time"))
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
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("portal event")
        verbose_name_plural = _("portal events")
        ordering = ["-pk"]
        constraints = [
            facts_limit("portal_event_facts_limit", "details"),
            models.CheckConstraint(
                name="portal_event_names_an_actor",
                condition=Q(actor__isnull=False, system_actor="") | (Q(actor__isnull=True) & ~Q(system_actor="")),
            ),
            models.CheckConstraint(name="portal_event_kind_known", condition=Q(kind__in=["clock_changed"])),
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
            raise TypeError("The history of the portal is append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuses with TypeError."""
        raise TypeError("The history of the portal is append-only.")
