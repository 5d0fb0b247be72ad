"""The case, and what is stored about it."""

import datetime as dt
import secrets
from contextlib import nullcontext
from typing import Any, TypeAlias

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.folding import MAX_EXPANSION
from cases.core.plain_in_migrations import CharField
from cases.core.schedule import Schedule
from cases.core.text_fields import Line, Prose
from cases.models import case_search_words
from cases.models.case_constraints import CONSTRAINTS
from cases.models.case_indexes import INDEXES
from cases.models.case_queryset import CaseManager
from cases.models.constraints import one_of, within_calendar
from cases.models.folded import Folded, with_folded
from cases.models.user import User

# No I, L, O, U: people read these aloud.
ID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_external_id() -> str:
    """Return a case number that no one can guess or choose, such as C-7K2M9QX4TB: 50 random bits."""
    return "C-" + "".join(secrets.choice(ID_LETTERS) for _ in range(10))


class CaseStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    ACCEPTED = "accepted", _("Accepted")
    COMPLETED = "completed", _("Completed")
    # A draft that its member deleted: without text and documents, and visible to no one. Its history refers to it.
    DELETED = "deleted", _("Deleted")


class CaseUrgency(models.TextChoices):
    NORMAL = "normal", _("Normal")
    URGENT = "urgent", _("Urgent")


class WaitingFor(models.TextChoices):
    """Whose turn it is in the conversation of a case."""

    MEMBER = "member", _("Waiting for member")
    STAFF = "staff", _("Message to answer")


class Case(models.Model):
    """A piece of work for a member. *Completed* means that the work is done, *released* that the member may see it."""

    Status: TypeAlias = CaseStatus
    Urgency: TypeAlias = CaseUrgency
    WaitingFor: TypeAlias = WaitingFor

    external_case_id = CharField(_("case number"), max_length=limits.CASE_NUMBER, unique=True, default=new_external_id)
    # No indexes of their own: case_member_latest and case_assigned_newest begin with them, and a wave updates every
    # index.
    member = models.ForeignKey(
        User, verbose_name=_("member"), on_delete=models.PROTECT, related_name="cases", db_index=False
    )
    assigned_to = models.ForeignKey(
        User,
        verbose_name=_("assigned to"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="assigned_cases",
        db_index=False,
    )
    status = models.CharField(_("status"), max_length=20, choices=CaseStatus, default=CaseStatus.DRAFT)
    urgency = models.CharField(_("urgency"), max_length=20, choices=CaseUrgency, default=CaseUrgency.NORMAL)
    # None is *General*. The index case_of_type serves it.
    case_type = models.ForeignKey(
        "cases.CaseType",
        verbose_name=_("case type"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Empty: General."),
    )
    title = Line(_("title"), max_length=limits.TITLE, blank=True)
    title_folded = Folded(
        _("folded title"),
        of=("title",),
        max_length=MAX_EXPANSION * limits.TITLE,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("Used for search."),
    )
    description = Prose(_("description"), max_length=limits.DESCRIPTION, blank=True)
    date_created = models.DateTimeField(_("created"), auto_now_add=True)
    date_submitted = models.DateTimeField(_("submitted"), null=True, blank=True)
    date_accepted = models.DateTimeField(_("accepted"), null=True, blank=True)
    date_completed = models.DateTimeField(_("completed"), null=True, blank=True)

    scheduled_release_date = models.DateField(
        _("scheduled release date"),
        null=True,
        blank=True,
        help_text=_("Date when completed case will be released to member"),
    )
    scheduled_release_time = models.TimeField(
        _("scheduled release time"),
        null=True,
        blank=True,
        help_text=_("Time of day in the portal's time zone. Empty: RELEASE_TIME_OF_DAY."),
    )
    actual_release_date = models.DateTimeField(
        _("actual release date"),
        null=True,
        blank=True,
        help_text=_("Actual date/time when case was released to member"),
    )
    version = models.PositiveIntegerField(
        _("version"),
        default=0,
        # A process that was started before an upgrade does not name the column.
        db_default=0,
        help_text=_("Counts changes to the case. A form made for an earlier version is refused."),
    )
    schedule_revision = models.PositiveIntegerField(
        _("schedule revision"),
        default=0,
        help_text=_("Counts changes to the schedule. A task is scheduled for one revision."),
    )
    armed_revision = models.PositiveIntegerField(
        _("armed revision"),
        null=True,
        blank=True,
        help_text=_("The schedule revision for which a task has been scheduled."),
    )
    announced_revision = models.PositiveIntegerField(
        _("announced revision"),
        null=True,
        blank=True,
        help_text=_("The schedule revision that was announced shortly before its release."),
    )
    armed_at = models.DateTimeField(
        _("armed"), null=True, blank=True, help_text=_("When the task of the armed revision was scheduled.")
    )
    open_conditions = models.PositiveSmallIntegerField(
        _("open conditions"),
        default=0,
        db_default=0,
        help_text=_("How many conditions hold back the release. Counted again when one changes."),
    )
    release_number = models.PositiveIntegerField(
        _("release number"), default=0, help_text=_("How many times the case has been released.")
    )
    release_batch = models.UUIDField(
        _("release batch"), null=True, blank=True, help_text=_("The batch that released the case.")
    )
    release_error = models.CharField(
        _("release error"),
        max_length=limits.ERROR,
        blank=True,
        help_text=_("Why the last attempt to release the case failed."),
    )
    release_attempts = models.PositiveIntegerField(
        _("release attempts"), default=0, help_text=_("Failed attempts to release the case.")
    )
    release_next_try = models.DateTimeField(
        _("next release attempt"),
        null=True,
        blank=True,
        help_text=_("The release isn't retried before this time."),
    )

    first_viewed_at = models.DateTimeField(
        _("first seen"), null=True, blank=True, help_text=_("When the member first saw this release.")
    )
    waiting_for = models.CharField(
        _("waiting for"),
        max_length=10,
        choices=WaitingFor,
        blank=True,
        default="",
        db_default="",
        help_text=_("Whose turn it is in the conversation. A release leaves it as it is."),
    )
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)

    objects = CaseManager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-pk"]
        constraints = [
            one_of(CaseStatus, field="status", name="case_status_known"),
            one_of(CaseUrgency, field="urgency", name="case_urgency_known"),
            models.CheckConstraint(
                name="case_waiting_for_known",
                condition=Q(waiting_for="", waiting_since__isnull=True)
                | (
                    Q(waiting_for__in=WaitingFor.values, waiting_since__isnull=False) & within_calendar("waiting_since")
                ),
            ),
            *CONSTRAINTS,
        ]
        indexes = INDEXES

    def __str__(self) -> str:
        return self.external_case_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, and the search words of its texts."""
        stored = kwargs["update_fields"] = with_folded(Case, kwargs.get("update_fields"))
        loaded = set(case_search_words.OF_THE_CASE) - self.get_deferred_fields()
        texts = loaded if stored is None else loaded & stored
        with transaction.atomic(savepoint=False) if texts else nullcontext():
            super().save(*args, **kwargs)
            if texts:
                case_search_words.store([case_search_words.of_case(self, texts)], texts)

    @property
    def is_released(self) -> bool:
        """Whether the member may see the completed case."""
        return self.actual_release_date is not None

    @property
    def is_pending(self) -> bool:
        """Whether the case is completed and not released: scheduled or held."""
        return self.status == CaseStatus.COMPLETED and not self.is_released

    @property
    def is_held(self) -> bool:
        """Whether the case is completed, not released and without a schedule."""
        return self.is_pending and self.scheduled_release_date is None

    @property
    def schedule(self) -> Schedule | None:
        """When the case is, or was, to be released. None if it has no date."""
        date = self.scheduled_release_date
        return Schedule(date, self.scheduled_release_time) if date else None

    @property
    def release_instant(self) -> dt.datetime | None:
        """The schedule as an aware datetime in UTC, None without a schedule. Computed, never stored."""
        return self.schedule.instant if self.schedule else None
