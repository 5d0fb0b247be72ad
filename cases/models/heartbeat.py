"""Signs of life of programs that nobody watches otherwise."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When the run of `name` began that came to its end last, and where.

    A sweep that stops running shows here and nowhere else.
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
