"""What forms leave behind: used tokens, and content that could not be sent because the session had ended."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.models.text_limits import facts_limit
from cases.models.user import User


class UsedFormToken(models.Model):
    """A form that was sent. `made` is the key of what it created, and answers a second sending."""

    # The constraint begins with the user.
    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+", db_index=False)
    token = models.CharField(_("token"), max_length=32)
    content = models.CharField(_("content"), max_length=64, help_text=_("A digest of what was sent."))
    made = models.BigIntegerField(_("created object"), null=True)
    at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        verbose_name = _("used form token")
        verbose_name_plural = _("used form tokens")
        constraints = [
            models.UniqueConstraint(name="used_form_token_once", fields=["user", "token"]),
        ]

    def __str__(self) -> str:
        return f"form of user {self.user_id}"


class UnsentForm(models.Model):
    """What a person last typed into a form that arrived after their session had ended. One per person, and only that
    person gets it back."""

    user = models.OneToOneField(
        User, verbose_name=_("user"), on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    path = models.CharField(_("path"), max_length=500)
    fields = models.JSONField(_("fields"))
    at = models.DateTimeField(_("time"), db_index=True)

    class Meta:
        verbose_name = _("unsent form")
        verbose_name_plural = _("unsent forms")
        constraints = [
            facts_limit("unsent_form_fields_limit", "fields", limits.UNSENT_FORM_JSON),
        ]

    def __str__(self) -> str:
        return f"unsent form of user {self.user_id}"
