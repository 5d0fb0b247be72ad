"""Conditions: what must be met, or waived, before a case may be released."""

from typing import TypeAlias

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Line, Prose
from cases.models.case import Case
from cases.models.condition_kinds import NEEDS_A_NAME, ONCE_PER_CASE, ConditionKind
from cases.models.constraints import one_of
from cases.models.event import EventSource
from cases.models.user import User


class ConditionState(models.TextChoices):
    OPEN = "open", _("Open")
    MET = "met", _("Met")
    WAIVED = "waived", _("Waived")


UNMET = Q(state="open")


class Condition(models.Model):
    """A condition of one case. Cases count their open ones in `open_conditions`, under the lock of their row.

    Work on the case meets some kinds (cases.models.condition_kinds). A person or a link meets the others.
    """

    Kind: TypeAlias = ConditionKind
    State: TypeAlias = ConditionState

    case = models.ForeignKey(
        Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="conditions", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ConditionKind)
    name = Line(_("name"), max_length=limits.CONDITION, blank=True)
    owner = models.ForeignKey(
        User,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Who takes care of it. Empty: the technician of the case."),
    )
    from_type = models.BooleanField(
        _("from the case type"), default=False, help_text=_("Replaced if the case type changes while it is open.")
    )
    state = models.CharField(_("state"), max_length=10, choices=ConditionState, default=ConditionState.OPEN)
    created = models.DateTimeField(_("created"))
    since = models.DateTimeField(_("open since"), help_text=_("When it was added, or when its approval lapsed."))
    lapsed_at = models.DateTimeField(
        _("lapsed"), null=True, blank=True, help_text=_("When the approval stopped counting.")
    )
    settled_at = models.DateTimeField(_("met or waived"), null=True, blank=True)
    settled_by = models.ForeignKey(
        User,
        verbose_name=_("met or waived by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Empty: someone with the link."),
    )
    settled_through = models.CharField(_("met or waived via"), max_length=10, choices=EventSource, blank=True)
    reason = Prose(_("reason"), max_length=limits.REASON, blank=True)
    approved_digest = models.CharField(
        _("what was approved"),
        max_length=64,
        blank=True,
        help_text=_("A digest of the schedule, answer and reports. The approval lapses when they change."),
    )
    link_digest = models.CharField(
        _("link"), max_length=64, null=True, blank=True, unique=True, help_text=_("A digest. The link isn't stored.")
    )
    link_expires_at = models.DateTimeField(_("link expires"), null=True, blank=True)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ["pk"]
        constraints = [
            one_of(ConditionKind, field="kind", name="condition_kind_known"),
            one_of(ConditionState, field="state", name="condition_state_known"),
            models.UniqueConstraint(
                name="condition_once_per_case", fields=["case", "kind"], condition=Q(kind__in=ONCE_PER_CASE)
            ),
            models.CheckConstraint(name="condition_has_a_name", condition=~Q(kind__in=NEEDS_A_NAME) | ~Q(name="")),
            models.CheckConstraint(
                name="condition_settled_has_date",
                condition=Q(state="open", settled_at__isnull=True, settled_through="")
                | (~Q(state="open") & Q(settled_at__isnull=False) & ~Q(settled_through="")),
            ),
            models.CheckConstraint(name="condition_waived_says_why", condition=~Q(state="waived") | ~Q(reason="")),
            models.CheckConstraint(
                name="condition_link_is_external",
                condition=Q(link_digest__isnull=True) | Q(kind="external", link_expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="condition_of_case", fields=["case", "id"]),
            models.Index(name="condition_open_of_owner", fields=["owner", "since"], condition=UNMET),
            models.Index(name="condition_open_of_kind", fields=["kind", "since"], condition=UNMET),
        ]

    def __str__(self) -> str:
        return self.name or str(ConditionKind(self.kind).label)

    @property
    def is_open(self) -> bool:
        """Whether it holds back the release."""
        return self.state == ConditionState.OPEN
