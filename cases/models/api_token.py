"""Tokens with which programs use the API as a person."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from cases.core import limits
from cases.models.user import User

LONGEST_NAME = limits.NAME


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def alive(self) -> "ApiTokenQuerySet":
        """Return tokens that have not been ended, either by their owner or with all credentials. This includes expired
        ones."""
        return self.filter(user__is_active=True, credentials_key=F("user__credentials_key"))


class ApiToken(AbstractAuthToken):
    """One token of one person.

    Only the digest and the first characters of the secret are stored. `credentials_key` is that of the person when the
    token was created. Once the person has a different one, the token no longer works.
    """

    id = models.BigAutoField("ID", primary_key=True)
    digest = models.CharField(
        _("digest"), max_length=128, unique=True, help_text=_("SHA-512 of the token, in hexadecimal.")
    )
    user = models.ForeignKey(
        User, verbose_name=_("user"), on_delete=models.PROTECT, related_name="api_tokens", db_index=False
    )
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    credentials_key = models.CharField(_("credentials key"), max_length=32, blank=True)
    created = models.DateTimeField(_("created"))
    expiry = models.DateTimeField(_("expires"))
    last_used = models.DateTimeField(_("last used"), null=True, blank=True, help_text=_("To the minute."))

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.UniqueConstraint(name="api_token_name_once_per_person", fields=["user", "name"]),
            models.CheckConstraint(name="api_token_is_named", condition=~Q(name="")),
            models.CheckConstraint(name="api_token_expires", condition=Q(expiry__gt=F("created"))),
        ]

    def __str__(self) -> str:
        return f"{self.token_key}…"

    def has_expired(self, now: dt.datetime) -> bool:
        return self.expiry <= now
