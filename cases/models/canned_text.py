"""Texts that staff insert into a message instead of typing them. Administrators manage them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.core import limits
from cases.core.text_fields import Line, Prose
from cases.models.user import User


class CannedText(models.Model):
    """A text under a name. A message contains a copy, which stays whatever becomes of the text."""

    name = Line(_("name"), max_length=limits.NAME, unique=True)
    text = Prose(_("text"), max_length=limits.MESSAGE)
    version = models.PositiveIntegerField(_("version"), default=0)
    updated_at = models.DateTimeField(_("last changed"))
    updated_by = models.ForeignKey(
        User, verbose_name=_("changed by"), on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("canned text")
        verbose_name_plural = _("canned texts")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(name="canned_text_is_complete", condition=~Q(name="") & ~Q(text="")),
        ]

    def __str__(self) -> str:
        return self.name
