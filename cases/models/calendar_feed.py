"""Addresses at which calendar programs read a person's release calendar."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.user import User


class CalendarFeed(models.Model):
    """The secret address of one person's feed. Only the digest of the secret is stored, so a copy of the database gives
    no access."""

    user = models.OneToOneField(
        User, verbose_name=_("user"), on_delete=models.PROTECT, primary_key=True, related_name="calendar_feed"
    )
    token_digest = models.CharField(
        _("digest"), max_length=64, unique=True, help_text=_("SHA-256 of the token, in hexadecimal.")
    )
    credentials_key = models.CharField(_("credentials key"), max_length=32, blank=True, default="", db_default="")
    made_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return f"calendar feed of {self.user_id}"
