"""Views of the case list: a name and a query of it. Some are built in; people save others and pin what they use."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Line
from cases.models.user import User


class BuiltinView(models.TextChoices):
    """The built-in views, in their order. cases.selectors.saved_views has their queries."""

    UNASSIGNED = "unassigned", _("Unassigned")
    URGENT = "urgent", _("Urgent")
    MINE = "mine", _("Mine in progress")
    MESSAGES = "messages", _("Messages to answer")
    ASKED = "asked", _("Waiting for member")
    WEEK = "week", _("Releasing this week")
    HELD = "held", _("On hold")
    CONDITIONS = "conditions", _("Held by conditions")
    UNOPENED = "unopened", _("Not opened")


class SavedView(models.Model):
    """A view that a person saved. Only that person sees it, or all staff once an administrator shares it."""

    owner = models.ForeignKey(
        User, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="saved_views", db_index=False
    )
    name = Line(_("name"), max_length=limits.NAME)
    query = models.CharField(
        _("query"), max_length=limits.VIEW_QUERY, blank=True, help_text=_("The query string of the case list.")
    )
    is_shared = models.BooleanField(_("shared"), default=False, help_text=_("All staff see it."))
    created = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(name="saved_view_name_once", fields=["owner", "name"]),
            models.CheckConstraint(name="saved_view_has_a_name", condition=~Q(name="")),
        ]
        indexes = [models.Index(name="saved_view_shared", fields=["name", "id"], condition=Q(is_shared=True))]

    def __str__(self) -> str:
        return self.name


class ViewPin(models.Model):
    """Whether a person has a view in the menu, if that differs from the default. All built-in ones are there by
    default."""

    user = models.ForeignKey(User, verbose_name=_("person"), on_delete=models.PROTECT, related_name="view_pins")
    view = models.ForeignKey(
        SavedView, verbose_name=_("saved view"), on_delete=models.CASCADE, null=True, blank=True, related_name="pins"
    )
    builtin = models.CharField(_("built-in view"), max_length=20, choices=BuiltinView, blank=True, default="")
    is_pinned = models.BooleanField(_("pinned"))

    class Meta:
        verbose_name = _("pin of a view")
        verbose_name_plural = _("pins of views")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="view_pin_once", fields=["user", "view"], condition=Q(view__isnull=False)),
            models.UniqueConstraint(name="view_pin_once_builtin", fields=["user", "builtin"], condition=~Q(builtin="")),
            models.CheckConstraint(
                name="view_pin_of_one_view",
                condition=Q(view__isnull=False, builtin="") | (Q(view__isnull=True) & ~Q(builtin="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.builtin or self.view_id}"
