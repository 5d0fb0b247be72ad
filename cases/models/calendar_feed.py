"""Addresses under which calendar programs read the release calendar of a person."""

from django.db import models

from cases.models.user import User


class CalendarFeed(models.Model):
    """The secret address of one person's feed. Of the secret only the digest is kept: a copy of the database opens
    nobody's calendar."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="calendar_feed")
    token_digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, in hexadecimal")
    credentials_key = models.CharField(max_length=32, blank=True, default="", db_default="")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"calendar feed of {self.user_id}"
