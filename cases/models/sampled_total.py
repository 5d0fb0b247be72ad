"""Totals over everything: counted now and then, because to count a million cases is no part of a page."""

from django.db import models


class SampledTotal(models.Model):
    """How many cases were in a state when all were last counted: a sample, true of `counted_at` and not of now."""

    state = models.CharField(max_length=20, primary_key=True, help_text="The key of a state that staff read")
    cases = models.PositiveBigIntegerField()
    counted_at = models.DateTimeField()
    seconds = models.FloatField(help_text="How long it took to count the cases of all states")

    def __str__(self) -> str:
        return f"{self.cases:,} {self.state} at {self.counted_at:%Y-%m-%d %H:%M:%S}"
