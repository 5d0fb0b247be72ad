"""Signs of life of programs that nobody watches otherwise."""

from django.db import models


class Heartbeat(models.Model):
    """When the run of `name` began that came to its end last, and where.

    A sweep that stops running shows here and nowhere else.
    """

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
    source = models.CharField(max_length=20, blank=True, db_default="", help_text="What ran it, as in the history")
    host = models.CharField(max_length=255, blank=True)
    released = models.PositiveIntegerField(default=0, help_text="Cases that this run released")

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
