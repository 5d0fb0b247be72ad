"""What each calendar day came to: small sums, so that no page adds up months of releases."""

import datetime as dt

from django.db import models

from cases.models.text_limits import facts_limit


class ReleaseDay(models.Model):
    """The releases of one calendar day of the portal's zone, counted by cases.monitoring.daily_statistics.

    A day is final when it was counted after its end. Nothing is lost with these rows: they can be counted again.
    """

    day = models.DateField(primary_key=True)
    zone = models.CharField(max_length=64, help_text="The zone whose midnights bound the day")
    counted_at = models.DateTimeField()
    released = models.PositiveIntegerField(help_text="By the history")
    released_by = models.JSONField(default=dict, help_text="Released cases by ReleaseEvent.Source")
    not_recorded = models.PositiveIntegerField(default=0, help_text="Released cases that are not in the history")
    delay_cases = models.PositiveIntegerField(help_text="Released cases whose completion has a date")
    delay_seconds = models.BigIntegerField(help_text="From completion to release, all of them together")
    lateness = models.JSONField(default=dict, help_text="Histogram of cases.monitoring.latency_histogram")
    pending = models.PositiveIntegerField(help_text="Completed and not released at the end of the day")
    mailed = models.PositiveIntegerField(help_text="E-mail rows that were sent")

    class Meta:
        constraints = [
            facts_limit("release_day_sources_limit", "released_by"),
            facts_limit("release_day_lateness_limit", "lateness"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}: {self.released} released"

    @property
    def average_delay(self) -> dt.timedelta | None:
        """From completion to release, over the cases of the day whose completion has a date."""
        return average(self.delay_seconds, self.delay_cases)


def average(seconds: int, cases: int) -> dt.timedelta | None:
    """`seconds` shared by `cases`; None where there are none."""
    return dt.timedelta(seconds=seconds / cases) if cases else None
