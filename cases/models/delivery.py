"""Columns that every outbox has: the state of a delivery, its claim, and when it is tried next."""

import datetime as dt

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cases.core import limits

OPEN = Q(state__in=["waiting", "sending"])
# No sender retries these, unless a person asks for it.
GIVEN_UP = ["failed", "undeliverable"]
# As `Delivery.may_have_left`.
MAY_HAVE_LEFT = Q(interrupted=True) | Q(state__in=["sending", "sent"])


class Delivery(models.Model):
    """Something that leaves the portal.

    cases.delivery.delivery_claims claims it, and cases.delivery.retries retries or gives up.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNDELIVERABLE = "undeliverable", _("Undeliverable")
        DROPPED = "dropped", _("Canceled")

    state = models.CharField(_("state"), max_length=20, choices=State, default=State.WAITING)
    # Kept when the claim has ended.
    claim = models.UUIDField(
        _("claim"), null=True, blank=True, help_text=_("Identifies the sender that is working on it.")
    )
    attempts = models.PositiveIntegerField(
        _("attempts"), default=0, help_text=_("Number of server responses to this message. It never decreases.")
    )
    deferrals = models.PositiveSmallIntegerField(
        _("deferrals"), default=0, db_default=0, help_text=_("Temporary refusals since the email was last queued.")
    )
    interrupted = models.BooleanField(
        _("interrupted"),
        default=False,
        db_default=False,
        help_text=_(
            "An attempt ended without a response: the sender stopped, or the connection was lost. "
            "The email may have been sent."
        ),
    )
    # Later than now for deliveries that may not leave yet (mail hours, security notices).
    due = models.DateTimeField(_("due"), db_default=Now(), help_text=_("When it was first due."))
    next_try = models.DateTimeField(
        _("next attempt"), help_text=_("Not sent before this time. While it is being sent: the end of the claim.")
    )
    last_error = models.CharField(_("last error"), max_length=limits.ERROR, blank=True)
    created = models.DateTimeField(_("created"))
    sent = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def may_have_left(self) -> bool:
        """Whether it has left the portal or is being sent, as far as is known."""
        return self.interrupted or self.state in (self.State.SENDING, self.State.SENT)


def first_due(at: dt.datetime, *, created: dt.datetime | None = None) -> dict[str, dt.datetime]:
    """Return the moments of a new delivery that may leave from `at` on. It is made then, or at `created`."""
    return {"due": at, "next_try": at, "created": created or at}
