"""Totals over all cases. They are counted now and then, because a page cannot count a million cases."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SampledTotal(models.Model):
    """How many cases were in a state when all were last counted: a sample from `counted_at`, not the present number."""

    state = models.CharField(
        _("state"), max_length=20, primary_key=True, help_text=_("The key of a state that staff see.")
    )
    cases = models.PositiveBigIntegerField(_("cases"))
    counted_at = models.DateTimeField(_("counted"))
    seconds = models.FloatField(_("seconds"), help_text=_("How long it took to count all states."))

    class Meta:
        verbose_name = _("sampled total")
        verbose_name_plural = _("sampled totals")

    def __str__(self) -> str:
        return f"{self.cases:,} {self.state} at {self.counted_at:%Y-%m-%d %H:%M:%S}"
