"""Days on which nothing is released."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Line
from cases.models.user import User


class BlackoutDay(models.Model):
    """A day in the portal's calendar that no one may choose. Stored schedules do not change."""

    date = models.DateField(_("date"), primary_key=True)
    name = Line(_("name"), max_length=limits.NAME)
    created = models.DateTimeField(_("created"))
    created_by = models.ForeignKey(
        User, verbose_name=_("created by"), on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("blackout day")
        verbose_name_plural = _("blackout days")
        ordering = ["date"]
        constraints = [models.CheckConstraint(name="blackout_day_has_a_name", condition=~Q(name=""))]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}"
