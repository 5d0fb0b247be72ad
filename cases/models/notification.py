"""Notifications in the portal, and which ones people want by email."""

from typing import TypeAlias

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.constraints import one_of
from cases.models.outgoing_email import OutgoingEmail
from cases.models.user import User


class NotificationKind(models.TextChoices):
    """What happened. cases.lifecycle.notification_kinds says who is notified, and in which words."""

    QUEUE = "queue", _("New cases in the queue")
    RECEIVED = "received", _("Your case was received")
    ACCEPTED = "accepted", _("A technician has started")
    ASSIGNED = "assigned", _("A case was handed over to you")
    QUESTION = "question", _("A question for you")
    REPLY = "reply", _("A reply to you")
    MENTION = "mention", _("A colleague mentioned you")
    CONDITION = "condition", _("You own a condition")
    APPROVAL = "approval", _("Your approval is needed")
    HELD = "held", _("A release is held by conditions")
    FAILED = "failed", _("A release failed")
    RECALLED = "recalled", _("A release was recalled")
    CHANGED = "changed", _("A colleague changed your case")
    REMINDER = "reminder", _("A release is coming up")
    RELEASED = "released", _("Your case is ready")
    UNOPENED = "unopened", _("You haven't opened a case that is ready")


class NotificationChannel(models.TextChoices):
    """How a person is notified. Whatever is emailed is also shown in the portal."""

    PORTAL = "portal", _("In the portal")
    MAIL = "mail", _("Portal and email")
    DIGEST = "digest", _("Portal and daily email")
    NOTHING = "nothing", _("Not at all")


# Noticed by programs that run repeatedly. `ref` identifies the occasion, and each one is sent once.
ONCE_KINDS = ["held", "failed", "reminder"]


class Notification(models.Model):
    """One notification for one person. It contains no words: they are built from its kind and its case when it is
    shown.

    `ref` is the key of what happened (a message, a note, a condition) or its number (of the release, of the schedule,
    of the kind of change).
    """

    Kind: TypeAlias = NotificationKind

    # Unread ones are found by an index that begins with the recipient. No query lists those of a case.
    recipient = models.ForeignKey(
        User, verbose_name=_("recipient"), on_delete=models.PROTECT, related_name="notifications", db_index=False
    )
    case = models.ForeignKey(
        Case,
        verbose_name=_("case"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text=_("Empty: it is about the whole queue."),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=NotificationKind)
    ref = models.PositiveBigIntegerField(_("reference"), null=True, blank=True)
    actor = models.ForeignKey(
        User, verbose_name=_("actor"), on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    at = models.DateTimeField(_("time"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    email = models.ForeignKey(
        OutgoingEmail,
        verbose_name=_("email"),
        on_delete=models.PROTECT,
        related_name="notifications",
        null=True,
        blank=True,
        db_index=False,
        help_text=_("The email that contains it. Empty: it is only shown in the portal."),
    )

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-pk"]
        constraints = [
            one_of(NotificationKind, field="kind", name="notification_kind_known"),
            models.CheckConstraint(
                name="notification_has_a_case",
                condition=Q(kind="queue", case__isnull=True) | (~Q(kind="queue") & Q(case__isnull=False)),
            ),
            models.UniqueConstraint(
                name="notification_once", fields=["recipient", "case", "kind", "ref"], condition=Q(kind__in=ONCE_KINDS)
            ),
        ]
        # A wave writes only to the first one.
        indexes = [
            models.Index(name="notification_unread", fields=["recipient", "-id"], condition=Q(read_at__isnull=True)),
            models.Index(name="notification_read", fields=["recipient", "-id"], condition=Q(read_at__isnull=False)),
            models.Index(name="notification_mailed", fields=["email"], condition=Q(email__isnull=False)),
            models.Index(name="notification_expiring", fields=["read_at"], condition=Q(read_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to person {self.recipient_id}"


class NotificationChoice(models.Model):
    """How a person wants to be notified of one kind, if it differs from the default."""

    Channel: TypeAlias = NotificationChannel

    user = models.ForeignKey(
        User, verbose_name=_("person"), on_delete=models.PROTECT, related_name="notification_choices", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=20, choices=NotificationKind)
    channel = models.CharField(_("channel"), max_length=10, choices=NotificationChannel)

    class Meta:
        verbose_name = _("notification choice")
        verbose_name_plural = _("notification choices")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="notification_choice_once", fields=["user", "kind"]),
            one_of(NotificationKind, field="kind", name="notification_choice_kind_known"),
            one_of(NotificationChannel, field="channel", name="notification_choice_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind} by {self.channel}"
