"""E-mails to be sent: rows written in the transaction of the release, handed to the SMTP server later."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import limits
from cases.models.case import Case
from cases.models.text_limits import TextLimits
from cases.models.user import User


class OutgoingEmail(models.Model):
    """The e-mail about one release of one case. Rows of one `group` go out as one message (DESIGN §4, E-mail)."""

    class Kind(models.TextChoices):
        RELEASED = "released", _("Case released")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed for good")
        UNDELIVERABLE = "undeliverable", _("Undeliverable")
        DROPPED = "dropped", _("No longer to be sent")

    # The index of email_once_per_release begins with the case; what is asked of a recipient is what is open.
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="emails", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    release_number = models.PositiveIntegerField()
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    address = models.CharField(max_length=limits.EMAIL, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    group = models.UUIDField(null=True, blank=True, help_text="Set by the first claim, kept by every retry")
    message_id = models.CharField(max_length=255, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField(help_text="Not to be sent before; while being sent: when the lease ends")
    last_error = models.CharField(max_length=limits.ERROR, blank=True)
    created = models.DateTimeField()
    sent = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            TextLimits(name="email_text_limits"),
            models.UniqueConstraint(name="email_once_per_release", fields=["case", "kind", "release_number"]),
            models.CheckConstraint(
                name="email_state_known",
                condition=Q(state__in=["waiting", "sending", "sent", "failed", "undeliverable", "dropped"]),
            ),
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
            models.Index(
                name="email_open",
                fields=["next_try", "recipient"],
                condition=Q(state__in=["waiting", "sending"]),
            ),
            models.Index(
                name="email_open_of_recipient",
                fields=["recipient", "group"],
                condition=Q(state__in=["waiting", "sending"]),
            ),
            # The operations page: what nobody tries any more, and what was sent on a day. A wave writes
            # into neither, but for members without an address.
            models.Index(name="email_given_up", fields=["-id"], condition=Q(state__in=["failed", "undeliverable"])),
            models.Index(name="email_sent", fields=["sent"], condition=Q(state="sent")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} e-mail to {self.address or 'nobody'}, {self.state}"
