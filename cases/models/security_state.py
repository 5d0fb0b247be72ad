"""Data that protects accounts and must not be lost early: counts of guesses, locks, and used codes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.core import limits


class SecurityState(models.Model):
    """One value that is kept until `expires_at`. Only the digest of its key is stored, because keys contain addresses
    and names.

    Written by `cases.accounts.security_state`, the portal's cache.
    """

    digest = models.CharField(
        _("digest"), max_length=64, primary_key=True, help_text=_("SHA-256 of the key, in hexadecimal.")
    )
    value = models.CharField(_("value"), max_length=limits.SECURITY_STATE, help_text=_("As JSON."))
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("security state")
        verbose_name_plural = _("security states")
        indexes = [models.Index(name="security_state_expires", fields=["expires_at"])]

    def __str__(self) -> str:
        return f"security state {self.digest[:8]} until {self.expires_at:%Y-%m-%d %H:%M:%S}"
