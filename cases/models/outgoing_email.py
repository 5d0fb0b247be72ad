"""The outbox: emails are written in the transaction of the change they are about, and sent to the SMTP server later."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.models.case import Case
from cases.models.constraints import one_of
from cases.models.delivery import GIVEN_UP, OPEN, Delivery
from cases.models.text_limits import facts_limit
from cases.models.user import User

# Kinds about one release of one case. All others are about an account.
CASE_KINDS = ["released", "recalled", "unopened"]
# If requested several times, these are sent once. Their link is created when they are sent.
ONCE_KINDS = ["password_reset", "invitation"]
# Everything a person is notified of at one time is one message. Its notifications refer to its rows.
COLLECTING_KINDS = ["notification", "digest"]


class OutgoingEmail(Delivery):
    """An email to one person, or a part of one: rows of one `group` are sent as one message (docs/rules.md, 12).

    cases.delivery.email_kinds says how each kind is rendered. A kind that is not about one released case has its ids in
    `payload`.
    """

    class Kind(models.TextChoices):
        RELEASED = "released", _("Case released")
        RECALLED = "recalled", _("Release recalled")
        PASSWORD_RESET = "password_reset", _("Password reset")
        INVITATION = "invitation", _("Invitation")
        ADDRESS_CHANGED = "address_changed", _("Email address changed")
        ACCOUNT_SECURITY = "account_security", _("Account security notice")
        HISTORY_HEAD = "history_head", _("History proof")
        REMINDER = "reminder", _("Release reminder")
        UNOPENED = "unopened", _("Reminder of an unopened case")
        NOTIFICATION = "notification", _("Notifications")
        DIGEST = "digest", _("Daily notifications")

    # The index of email_once_per_release starts with the case. Queries by recipient look only for open emails.
    case = models.ForeignKey(
        Case,
        verbose_name=_("case"),
        on_delete=models.PROTECT,
        related_name="emails",
        null=True,
        blank=True,
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    release_number = models.PositiveIntegerField(_("release number"), null=True, blank=True)
    payload = models.JSONField(
        _("payload"),
        null=True,
        blank=True,
        help_text=_("IDs and codes for this kind of email. Never personal text, never a token."),
    )
    recipient = models.ForeignKey(
        User, verbose_name=_("recipient"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    address = models.CharField(
        _("address"),
        max_length=limits.EMAIL,
        blank=True,
        help_text=_("The address of the current message. Replaced if the person has a new one."),
    )
    group = models.UUIDField(
        _("group"), null=True, blank=True, help_text=_("Set by the first claim and kept by every retry.")
    )
    message_id = models.CharField(_("message ID"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("outgoing email")
        verbose_name_plural = _("outgoing emails")
        ordering = ["-pk"]
        constraints = [
            facts_limit("email_payload_limit", "payload"),
            models.UniqueConstraint(name="email_once_per_release", fields=["case", "kind", "release_number"]),
            models.UniqueConstraint(
                name="email_account_open_once", fields=["recipient", "kind"], condition=OPEN & Q(kind__in=ONCE_KINDS)
            ),
            models.CheckConstraint(
                name="email_case_by_kind",
                condition=Q(kind__in=CASE_KINDS, case__isnull=False, release_number__isnull=False)
                | (~Q(kind__in=CASE_KINDS) & Q(case__isnull=True, release_number__isnull=True)),
            ),
            one_of(Delivery.State, field="state", name="email_state_known"),
            models.CheckConstraint(
                name="email_group_has_message_id",
                condition=Q(group__isnull=True, message_id="") | (Q(group__isnull=False) & ~Q(message_id="")),
            ),
            models.CheckConstraint(
                name="email_sent_has_group",
                condition=~Q(state__in=["sending", "sent"]) | Q(group__isnull=False),
            ),
            models.CheckConstraint(
                name="email_sent_has_date", condition=Q(state="sent", sent__isnull=False) | ~Q(state="sent")
            ),
        ]
        indexes = [
            models.Index(name="email_open", fields=["next_try", "recipient"], condition=OPEN),
            models.Index(name="email_open_of_recipient", fields=["recipient", "group"], condition=OPEN),
            # For the operations page: emails that failed and are being retried, that were given up, and that were sent
            # on a day. A wave writes to none of them, except for members without an address.
            models.Index(name="email_retrying", fields=["due"], condition=OPEN & ~Q(last_error="")),
            models.Index(name="email_given_up", fields=["-id"], condition=Q(state__in=GIVEN_UP)),
            models.Index(name="email_sent", fields=["sent"], condition=Q(state="sent")),
            # For a person's page: emails sent to them, latest first, and those given up.
            models.Index(name="email_sent_to", fields=["recipient", "-sent"], condition=Q(sent__isnull=False)),
            models.Index(name="email_given_up_of", fields=["recipient", "-id"], condition=Q(state__in=GIVEN_UP)),
        ]

    @property
    def has_bounced(self) -> bool:
        """Whether a mail server accepted it and another one returned it."""
        return self.state == self.State.UNDELIVERABLE and self.sent is not None

    def __str__(self) -> str:
        return f"{self.kind} email to person {self.recipient_id}, {self.state}"
