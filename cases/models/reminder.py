"""Release reminders that technicians got, so that no one is reminded of a release twice."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.outgoing_email import OutgoingEmail
from cases.models.user import User


class Reminder(models.Model):
    """One case in one person's reminder email.

    The revision identifies the schedule: moving the case creates a new one. `day` is the day of the email, on the
    person's clock. A person gets one email a day.
    """

    case = models.ForeignKey(
        Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    recipient = models.ForeignKey(
        User, verbose_name=_("recipient"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    schedule_revision = models.PositiveIntegerField(_("schedule revision"))
    day = models.DateField(_("day"))
    email = models.ForeignKey(
        OutgoingEmail, verbose_name=_("email"), on_delete=models.PROTECT, related_name="reminders"
    )

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["pk"]
        indexes = [models.Index(name="reminder_of_day", fields=["recipient", "day"])]
        constraints = [
            models.UniqueConstraint(name="reminder_once", fields=["case", "recipient", "schedule_revision"]),
        ]

    def __str__(self) -> str:
        return f"reminder of case {self.case_id} to person {self.recipient_id}"
