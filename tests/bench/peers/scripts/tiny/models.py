"""The tables: the columns of the portal that releasing reads or writes."""

from django.db import models
from django.db.models import Q


class Member(models.Model):
    """Whoever is told about a case."""

    name = models.CharField(max_length=100)
    email = models.EmailField()


class Case(models.Model):
    """Visible to its member once `actual_release_date` is set."""

    external_case_id = models.CharField(max_length=40, unique=True)
    member = models.ForeignKey(Member, models.PROTECT)
    title = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20)
    urgency = models.CharField(max_length=10)
    date_completed = models.DateTimeField(null=True)
    scheduled_release_date = models.DateField(null=True)
    actual_release_date = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["scheduled_release_date", "id"],
                name="tiny_pending",
                condition=Q(status="completed", actual_release_date=None),
            )
        ]


class HistoryEntry(models.Model):
    """One release."""

    case = models.ForeignKey(Case, models.PROTECT)
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    source = models.CharField(max_length=20)
    from_status = models.CharField(max_length=20)
    to_status = models.CharField(max_length=20)
    reason = models.TextField(blank=True)


class OutgoingMail(models.Model):
    """A mail to send."""

    case = models.ForeignKey(Case, models.PROTECT)
    recipient = models.ForeignKey(Member, models.PROTECT)
    address = models.EmailField()
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=20)
    created = models.DateTimeField()
