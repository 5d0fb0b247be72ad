"""One instant for each name: when a program last ran, who claimed a job, or how far one has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """The instant that is stored under `name`, in one of three uses.

    A sign of life: when the last finished sweep began, where, and how many cases it released. A sweep that stops
    running shows only here (cases.releases.sweep). A job's claim: when a process last took a job that is done once per
    period (cases.lifecycle.job_claims). A mark: up to which instant something is done, such as notifications (notices
    and unopened_reminders in cases.releases).
    """

    name = models.CharField(_("name"), max_length=60, primary_key=True)
    at = models.DateTimeField(_("time"))
    source = models.CharField(
        _("source"), max_length=20, blank=True, db_default="", help_text=_("What ran it, as in the history.")
    )
    host = models.CharField(_("host"), max_length=255, blank=True)
    released = models.PositiveIntegerField(_("released"), default=0, help_text=_("Cases released by this run."))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
