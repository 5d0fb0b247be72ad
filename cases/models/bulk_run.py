"""Bulk operations: one action on many cases, previewed, processed by a worker, and undone as a whole."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Prose
from cases.models.case import Case
from cases.models.constraints import one_of
from cases.models.text_limits import facts_limit
from cases.models.user import User

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class BulkAction(models.TextChoices):
    RELEASE_NOW = "release_now", _("Release now")
    SCHEDULE = "schedule", _("Schedule release")
    SCHEDULE_EACH = "schedule_each", _("Schedule from a file")
    SHIFT = "shift", _("Move release dates")
    SPREAD = "spread", _("Spread release dates")
    HOLD = "hold", _("Put on hold")
    RETURN = "return", _("Reopen")
    HAND_OVER = "hand_over", _("Hand over")
    ADD_CONDITION = "add_condition", _("Add condition")
    MEET_CONDITION = "meet_condition", _("Mark condition as met")
    WAIVE_CONDITION = "waive_condition", _("Waive condition")
    URGENCY = "urgency", _("Change urgency")
    CASE_TYPE = "case_type", _("Change case type")
    UNDO = "undo", _("Undo")


class BulkState(models.TextChoices):
    PREVIEWED = "previewed", _("Not started")
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Finished")


class BulkCode(models.TextChoices):
    """What will happen to a row, what happened to it, or why nothing does."""

    WILL = "will", _("Will be changed")
    DONE = "done", _("Changed")
    NOT_ALLOWED = "not_allowed", _("Not allowed")
    STATE = "state", _("Not possible in this status")
    CHANGED = "changed", _("Changed since the preview")
    DATE = "date", _("Date not available")
    CONDITIONS = "conditions", _("Conditions open")
    STOPPED = "stopped", _("Releases are stopped")
    UNCHANGED = "unchanged", _("Nothing to change")
    REFUSED = "refused", _("Not possible")
    FAILED = "failed", _("Failed")


# Work that a worker starts, or continues when a lease has ended.
OPEN_RUN = Q(state__in=["waiting", "running"])
OPEN_ROW = Q(verdict="will", result="")
# No lease is this long. One that ends later dates from before the clock was set back.
LONGEST_LEASE = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class CrowdedDay:
    """A day with more releases than RELEASE_CROWDED_DAY. `is_more` says that not all of them were counted."""

    date: dt.date
    count: int
    is_more: bool


class BulkRunQuerySet(models.QuerySet["BulkRun"]):
    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Return the runs that `user` may know about: all for administrators, their own for technicians, none for
        others."""
        if not isinstance(user, User) or not user.is_active or user.is_member:
            return self.none()
        return self if user.is_administrator else self.filter(by=user)

    def claimable(self, now: dt.datetime) -> Self:
        """Return the runs to process at the aware datetime `now`: waiting ones, and those whose lease has ended. Oldest
        first."""
        is_free = Q(lease_until__isnull=True) | Q(lease_until__lte=now) | Q(lease_until__gt=now + LONGEST_LEASE)
        return self.filter(OPEN_RUN, is_free).order_by("id")

    def too_old(self, moment: dt.datetime) -> Self:
        """Return the previews from before the aware datetime `moment` that were never started."""
        return self.filter(state=BulkState.PREVIEWED, created__lt=moment)


class BulkRun(models.Model):
    """One bulk operation. The worker that holds the claim processes it, row by row, until `lease_until` (a new lease
    with every batch). Once started, it is kept forever, like the history that names it.
    """

    Action: TypeAlias = BulkAction
    State: TypeAlias = BulkState

    action = models.CharField(_("action"), max_length=20, choices=BulkAction)
    parameters = models.JSONField(
        _("parameters"), default=dict, blank=True, help_text=_("What was chosen. People and types are listed by ID.")
    )
    reason = Prose(_("reason"), max_length=limits.REASON, blank=True, default="")
    by = models.ForeignKey(User, verbose_name=_("done by"), on_delete=models.PROTECT, related_name="+", db_index=False)
    language = models.CharField(_("language"), max_length=10, help_text=_("Results are written in this language."))
    undoes = models.ForeignKey(
        "self", verbose_name=_("undoes"), on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    state = models.CharField(_("state"), max_length=10, choices=BulkState, default=BulkState.PREVIEWED)
    claim = models.UUIDField(_("claim"), null=True, blank=True, help_text=_("Identifies the worker."))
    lease_until = models.DateTimeField(
        _("lease ends"), null=True, blank=True, help_text=_("Another worker continues after this time.")
    )
    created = models.DateTimeField(_("created"))
    started = models.DateTimeField(_("started"), null=True, blank=True)
    finished = models.DateTimeField(_("finished"), null=True, blank=True)

    total = models.PositiveIntegerField(_("cases"), default=0)
    to_do = models.PositiveIntegerField(_("to change"), default=0, help_text=_("Cases that can be changed."))
    worked = models.PositiveIntegerField(_("processed"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    mails = models.PositiveIntegerField(_("emails"), default=0, help_text=_("Members who would get an email."))
    crowded = models.JSONField(_("crowded days"), default=list, blank=True)

    # The name of the chosen technician or type. Set by cases.releases.bulk.row_texts.
    chosen_name: str | None = None

    objects = models.Manager.from_queryset(BulkRunQuerySet)()

    class Meta:
        verbose_name = _("bulk operation")
        verbose_name_plural = _("bulk operations")
        ordering = ["-pk"]
        constraints = [
            one_of(BulkAction, field="action", name="bulk_action_known"),
            one_of(BulkState, field="state", name="bulk_state_known"),
            facts_limit("bulk_parameters_limit", "parameters"),
            facts_limit("bulk_crowded_limit", "crowded"),
            models.CheckConstraint(
                name="bulk_counts_agree", condition=Q(changed__lte=F("worked"), worked__lte=F("to_do"))
            ),
            models.CheckConstraint(
                name="bulk_undo_names_run",
                condition=Q(action="undo", undoes__isnull=False) | (~Q(action="undo") & Q(undoes__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(name="bulk_run_of_person", fields=["by", "-id"]),
            models.Index(name="bulk_run_open", fields=["id"], condition=OPEN_RUN),
            models.Index(name="bulk_run_previewed", fields=["created"], condition=Q(state="previewed")),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for a worker, or one works on it."""
        return self.state in (BulkState.WAITING, BulkState.RUNNING)

    @property
    def percent(self) -> int:
        """How much of it has been processed."""
        return 100 * self.worked // self.to_do if self.to_do else 100

    @property
    def crowded_days(self) -> list[CrowdedDay]:
        """The days that would have more than RELEASE_CROWDED_DAY releases, in their order."""
        return [CrowdedDay(dt.date.fromisoformat(day), count, is_more) for day, count, is_more in self.crowded]


class BulkRow(models.Model):
    """One case of a run: its state at the preview, what will happen to it, and what did.

    `case_version` is the version that the preview saw. `before` holds the facts that an undo restores.
    """

    Code: TypeAlias = BulkCode

    run = models.ForeignKey(
        BulkRun, verbose_name=_("bulk operation"), on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    case = models.ForeignKey(Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveIntegerField(_("position"))
    case_version = models.PositiveIntegerField(_("version at the preview"))
    reason = Prose(_("reason"), max_length=limits.REASON, blank=True, default="")
    to_date = models.DateField(_("release date after"), null=True, blank=True)
    to_time = models.TimeField(_("release time after"), null=True, blank=True)
    before = models.JSONField(_("before"), default=dict, blank=True)
    verdict = models.CharField(_("verdict"), max_length=12, choices=BulkCode)
    result = models.CharField(_("result"), max_length=12, choices=BulkCode, blank=True, default="")
    words = models.CharField(_("why not"), max_length=limits.ERROR, blank=True, default="")

    class Meta:
        verbose_name = _("bulk operation row")
        verbose_name_plural = _("bulk operation rows")
        ordering = ["position"]
        constraints = [
            one_of(BulkCode, field="verdict", name="bulk_verdict_known"),
            models.CheckConstraint(
                name="bulk_result_known",
                # A row that cannot be changed is never processed.
                condition=Q(result="") | Q(verdict="will", result__in=[c for c in BulkCode.values if c != "will"]),
            ),
            facts_limit("bulk_before_limit", "before"),
            # No case is in a run twice.
            models.UniqueConstraint(name="bulk_row_once", fields=["run", "case"]),
            models.UniqueConstraint(name="bulk_row_place", fields=["run", "position"]),
        ]
        indexes = [
            models.Index(name="bulk_row_open", fields=["run", "position"], condition=OPEN_ROW),
        ]

    def __str__(self) -> str:
        return f"row {self.position} of bulk operation {self.run_id}"

    @property
    def code(self) -> str:
        """The present code of the row: its result, or before that its verdict."""
        return self.result or self.verdict

    @property
    def is_refused(self) -> bool:
        """Whether nothing is done to the case."""
        return self.code not in (BulkCode.WILL, BulkCode.DONE)

    def fact(self, name: str) -> Any:
        """Return a fact about the case from before the run, or None if it was not recorded."""
        return cast(dict[str, Any], self.before).get(name)
