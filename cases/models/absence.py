"""Technicians' absences, and who stands in."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.core.calendar_periods import days_text
from cases.models.user import User


class Absence(models.Model):
    """The days from `first_day` to `last_day`, both included, on which `technician` is away.

    The days are the portal's. An absence is not ended explicitly: it is over once its last day is.
    cases.lifecycle.deputies says who stands in.
    """

    technician = models.ForeignKey(
        User, verbose_name=_("technician"), on_delete=models.PROTECT, related_name="absences", db_index=False
    )
    deputy = models.ForeignKey(
        User, verbose_name=_("deputy"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["first_day", "pk"]
        indexes = [
            models.Index(name="absence_of_technician", fields=["technician", "last_day"]),
            models.Index(name="absence_of_deputy", fields=["deputy", "last_day"]),
            # Who is away today. Past absences cost nothing.
            models.Index(name="absence_last_day", fields=["last_day"]),
        ]
        constraints = [
            models.CheckConstraint(name="absence_days_in_order", condition=Q(last_day__gte=F("first_day"))),
            models.CheckConstraint(name="absence_deputy_is_another", condition=~Q(deputy=F("technician"))),
        ]

    def __str__(self) -> str:
        return f"absence of person {self.technician_id}, {self.first_day} to {self.last_day}"

    @property
    def days(self) -> str:
        """The dates of the absence, in the reader's language."""
        return days_text(self.first_day, self.last_day)
