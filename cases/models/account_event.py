"""What was done to an account, for ever: append-only, as the history of cases is."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Prose
from cases.models.text_limits import facts_limit
from cases.models.user import User


class AccountEvent(models.Model):
    """One step of an account: what, when, by whom, the facts, and why.

    On PostgreSQL a trigger refuses UPDATE and DELETE; here `save` of a stored row and `delete` do.
    """

    class Kind(models.TextChoices):
        INVITED = "invited", _("Invited")
        INVITED_AGAIN = "invited_again", _("Invited again")
        DEACTIVATED = "deactivated", _("Deactivated")
        REACTIVATED = "reactivated", _("Reactivated")
        ROLE_CHANGED = "role_changed", _("Role changed")
        CORRECTED = "corrected", _("Name or address corrected")
        SECOND_FACTOR_REMOVED = "second_factor_removed", _("Second factor removed")
        CASES_HANDED_OVER = "cases_handed_over", _("Open cases handed over")
        PASSWORD_SET = "password_set", _("Password set for the first time")
        PASSWORD_RESET = "password_reset", _("Password reset by email link")
        PASSWORD_CHANGED = "password_changed", _("Password changed")
        API_TOKEN_CREATED = "api_token_created", _("API token created")
        API_TOKEN_ENDED = "api_token_ended", _("API token ended")
        MAIL_RESENT = "mail_resent", _("E-mail sent again")

    person = models.ForeignKey(
        User, verbose_name=_("person"), on_delete=models.PROTECT, related_name="account_events", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    at = models.DateTimeField(_("time"))
    # Nobody asks what a person did, and nobody is deleted.
    by = models.ForeignKey(
        User,
        verbose_name=_("done by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    system_actor = models.CharField(
        _("program"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("The program that acted, if no person did."),
    )
    reason = Prose(_("reason"), max_length=limits.REASON, blank=True, help_text=_("The reason a person gave."))
    details = models.JSONField(
        _("details"),
        default=dict,
        db_default={},
        blank=True,
        help_text=_("Facts about the event. People are listed by ID."),
    )

    # The people of the details by their present names, and the facts in words: set by cases.lifecycle.account_history.
    named: dict[str, str]
    said: str

    class Meta:
        verbose_name = _("account event")
        verbose_name_plural = _("account events")
        ordering = ["-pk"]
        indexes = [models.Index(name="account_event_latest", fields=["person", "-id"])]
        constraints = [
            facts_limit("account_event_facts_limit", "details"),
            models.CheckConstraint(
                name="account_event_names_an_actor",
                condition=Q(by__isnull=False, system_actor="") | (Q(by__isnull=True) & ~Q(system_actor="")),
            ),
            models.CheckConstraint(
                name="account_event_kind_known",
                condition=Q(
                    kind__in=[
                        "invited",
                        "invited_again",
                        "deactivated",
                        "reactivated",
                        "role_changed",
                        "corrected",
                        "second_factor_removed",
                        "cases_handed_over",
                        "password_set",
                        "password_reset",
                        "password_changed",
                        "api_token_created",
                        "api_token_ended",
                        "mail_resent",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    @property
    def actor_name(self) -> str:
        """Who did it: the person's name, or the program's."""
        return self.by.display_name if self.by else self.system_actor

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Stores a new event. TypeError for a stored one."""
        if not self._state.adding:
            raise TypeError("The history of accounts is append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuses with TypeError."""
        raise TypeError("The history of accounts is append-only.")
