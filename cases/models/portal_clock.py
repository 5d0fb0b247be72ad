"""The clock that the schedules in this database were made for."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core.wall_clock import time_text


class PortalClock(models.Model):
    """The portal's zone and RELEASE_TIME_OF_DAY, in one row, stored by the first migration.

    Every schedule is wall clock time. A process with a different zone in its settings would release early or late, so
    it refuses (cases.lifecycle.stored_clock). Only cases.releases.portal_clock_change changes the row.
    """

    ONLY = 1

    id = models.PositiveSmallIntegerField("ID", primary_key=True, default=ONLY)
    time_zone = models.CharField(_("time zone"), max_length=64)
    release_time_of_day = models.TimeField(_("release time of day"))

    class Meta:
        verbose_name = _("portal clock")
        verbose_name_plural = _("portal clocks")
        constraints = [
            models.CheckConstraint(name="portal_clock_has_one_row", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"{self.time_zone}, {time_text(self.release_time_of_day)}"
