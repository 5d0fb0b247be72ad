"""Case types: what kind of question a case is about. Administrators manage them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Line, Prose
from cases.models.condition_kinds import NEEDS_A_NAME, ConditionKind
from cases.models.constraints import one_of


class CaseType(models.Model):
    """A type that a member chooses for a new case. A case without a type is *General* and uses the portal's values."""

    name = Line(_("name"), max_length=limits.NAME)
    guidance = Prose(
        _("guidance"),
        max_length=limits.GUIDANCE,
        blank=True,
        help_text=_("Members see this when they choose the type for a new case."),
    )
    default_days = models.PositiveSmallIntegerField(
        _("default days"), null=True, blank=True, help_text=_("Empty: RELEASE_DEFAULT_DAYS.")
    )
    min_days = models.PositiveSmallIntegerField(
        _("minimum days"), null=True, blank=True, help_text=_("Empty: RELEASE_MIN_DAYS.")
    )
    requires_answer = models.BooleanField(
        _("answer required"), default=False, help_text=_("A case of this type can't be completed without an answer.")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Types with lower numbers come first.")
    )
    is_retired = models.BooleanField(
        _("retired"), default=False, help_text=_("Can't be chosen anymore. Existing cases keep it.")
    )
    version = models.PositiveIntegerField(_("version"), default=0)

    class Meta:
        verbose_name = _("case type")
        verbose_name_plural = _("case types")
        ordering = ["position", "name", "pk"]
        constraints = [
            models.UniqueConstraint(name="case_type_name_once", fields=["name"]),
            models.CheckConstraint(name="case_type_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="case_type_default_from_minimum",
                condition=Q(default_days__isnull=True) | Q(min_days__isnull=True) | Q(default_days__gte=F("min_days")),
            ),
            models.CheckConstraint(
                name="case_type_days_within_a_year",
                condition=(Q(default_days__isnull=True) | Q(default_days__lte=limits.DAYS))
                & (Q(min_days__isnull=True) | Q(min_days__lte=limits.DAYS)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CaseTypeCondition(models.Model):
    """A condition that each case of a type gets."""

    case_type = models.ForeignKey(
        CaseType, verbose_name=_("case type"), on_delete=models.CASCADE, related_name="conditions"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ConditionKind)
    name = Line(_("name"), max_length=limits.CONDITION, blank=True)

    class Meta:
        verbose_name = _("condition of a case type")
        verbose_name_plural = _("conditions of case types")
        ordering = ["pk"]
        constraints = [
            one_of(ConditionKind, field="kind", name="type_condition_kind_known"),
            models.CheckConstraint(name="type_condition_has_a_name", condition=~Q(kind__in=NEEDS_A_NAME) | ~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name or str(ConditionKind(self.kind).label)
