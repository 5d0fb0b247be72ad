"""Daily figures: small sums, so that no page has to add up months of releases."""

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.text_limits import facts_limit


class ReleaseDay(models.Model):
    """The releases of one calendar day of the portal's zone, counted by cases.monitoring.daily_statistics.

    A day is final when it was counted after its end. These rows can be deleted without loss: they can be counted again.
    """

    day = models.DateField(_("day"), primary_key=True)
    zone = models.CharField(_("time zone"), max_length=64, help_text=_("The time zone in which the day was counted."))
    counted_at = models.DateTimeField(_("counted"))
    released = models.PositiveIntegerField(_("released"), help_text=_("Cases released, from the history."))
    released_by = models.JSONField(_("released by"), default=dict, help_text=_("Released cases by source."))
    not_recorded = models.PositiveIntegerField(
        _("not recorded"), default=0, help_text=_("Released cases that are missing from the history.")
    )
    delay_cases = models.PositiveIntegerField(
        _("cases with a delay"), help_text=_("Released cases with a completion date.")
    )
    delay_seconds = models.BigIntegerField(
        _("total delay"), help_text=_("From completion to release, in seconds, for all cases together.")
    )
    lateness = models.JSONField(_("lateness"), default=dict, help_text=_("Number of scheduled releases by delay."))
    first_view_delays = models.JSONField(
        _("time to first view"),
        default=dict,
        # A process that was started before an upgrade does not name the column.
        db_default={},
        help_text=_("Number of releases first seen on that day, by time since they became visible."),
    )
    pending = models.PositiveIntegerField(
        _("pending"), help_text=_("Completed but not released at the end of the day.")
    )
    mailed = models.PositiveIntegerField(_("emails sent"), help_text=_("Emails sent on that day."))

    class Meta:
        verbose_name = _("release day")
        verbose_name_plural = _("release days")
        constraints = [
            facts_limit("release_day_sources_limit", "released_by"),
            facts_limit("release_day_lateness_limit", "lateness"),
            facts_limit("release_day_first_views_limit", "first_view_delays"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}: {self.released} released"

    @property
    def average_delay(self) -> dt.timedelta | None:
        """From completion to release, over the cases of the day whose completion has a date."""
        return average(self.delay_seconds, self.delay_cases)


def average(seconds: int, cases: int) -> dt.timedelta | None:
    """Return `seconds` divided by `cases`, or None if there are none."""
    return dt.timedelta(seconds=seconds / cases) if cases else None
