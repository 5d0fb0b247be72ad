"""What was done to an account: kept forever, append-only, as the history of cases is."""

from typing import TypeAlias

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.constraints import one_of
from cases.models.event import Event, names_an_actor
from cases.models.text_limits import facts_limit
from cases.models.user import User


class AccountEventKind(models.TextChoices):
    INVITED = "invited", _("Invitation sent")
    INVITED_AGAIN = "invited_again", _("Invitation resent")
    DEACTIVATED = "deactivated", _("Deactivated")
    REACTIVATED = "reactivated", _("Reactivated")
    ROLE_CHANGED = "role_changed", _("Role changed")
    CORRECTED = "corrected", _("Name or email changed")
    SECOND_FACTOR_ADDED = "second_factor_added", _("Two-factor authentication turned on")
    SECOND_FACTOR_REMOVED = "second_factor_removed", _("Two-factor authentication turned off")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes created")
    CASES_HANDED_OVER = "cases_handed_over", _("Open cases handed over")
    PASSWORD_SET = "password_set", _("First password set")
    PASSWORD_RESET = "password_reset", _("Password reset by email link")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    API_TOKEN_CREATED = "api_token_created", _("API token created")
    API_TOKEN_ENDED = "api_token_ended", _("API token revoked")
    CALENDAR_FEED_MADE = "calendar_feed_made", _("Calendar feed link created")
    CALENDAR_FEED_ENDED = "calendar_feed_ended", _("Calendar feed turned off")
    MAIL_RESENT = "mail_resent", _("Email resent")
    EMAIL_BOUNCED = "email_bounced", _("Email bounced")
    BOUNCE_CLEARED = "bounce_cleared", _("Bounce cleared")
    ABSENCE_SET = "absence_set", _("Absence set")
    ABSENCE_ENDED = "absence_ended", _("Absence ended")


class AccountEvent(Event):
    """One step of an account."""

    Kind: TypeAlias = AccountEventKind

    person = models.ForeignKey(
        User, verbose_name=_("person"), on_delete=models.PROTECT, related_name="account_events", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=30, choices=AccountEventKind)

    # The facts in words: set by cases.lifecycle.account_history.
    said: str

    class Meta:
        verbose_name = _("account event")
        verbose_name_plural = _("account events")
        ordering = ["-pk"]
        indexes = [models.Index(name="account_event_latest", fields=["person", "-id"])]
        constraints = [
            facts_limit("account_event_facts_limit", "details"),
            names_an_actor("account_event_names_an_actor"),
            one_of(AccountEventKind, field="kind", name="account_event_kind_known"),
        ]
