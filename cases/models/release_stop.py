"""The stop: holds every release of the portal."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Prose
from cases.models.event import names_an_actor
from cases.models.user import User


class ReleaseStop(models.Model):
    """Its one row exists while releases are stopped (cases.releases.stop_and_start_releases).

    PortalEvent has earlier stops.
    """

    ONLY = 1

    id = models.PositiveSmallIntegerField("ID", primary_key=True, default=ONLY)
    at = models.DateTimeField(_("stopped"))
    actor = models.ForeignKey(
        User,
        verbose_name=_("stopped by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    system_actor = models.CharField(_("program"), max_length=60, blank=True, default="")
    reason = Prose(_("reason"), max_length=limits.REASON)

    class Meta:
        verbose_name = _("stop")
        verbose_name_plural = _("stops")
        constraints = [
            models.CheckConstraint(name="release_stop_has_one_row", condition=Q(id=1)),
            models.CheckConstraint(name="release_stop_says_why", condition=~Q(reason="")),
            names_an_actor("release_stop_names_an_actor"),
        ]

    @property
    def actor_name(self) -> str:
        """The name of the person or program that stopped releases."""
        return self.actor.display_name if self.actor else self.system_actor

    def __str__(self) -> str:
        return f"stopped {self.at:%Y-%m-%d %H:%M}"
