"""Requests for a link to reset a password."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.user import User


class PasswordResetRequest(models.Model):
    """What a request leaves behind.

    It is the same for a known and an unknown address, so that both take the same time. The mail worker turns it into an
    email if there is a person, and deletes it.
    """

    # Not checked by the database, because the check, and the lock it takes, would happen only for known addresses.
    person = models.ForeignKey(
        User,
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    language = models.CharField(
        _("language"), max_length=10, help_text=_("The language of the page. Used if the person hasn't chosen one.")
    )

    class Meta:
        verbose_name = _("password reset request")
        verbose_name_plural = _("password reset requests")

    def __str__(self) -> str:
        return f"password reset for person {self.person_id or 'unknown'}"
