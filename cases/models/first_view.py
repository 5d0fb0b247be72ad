"""When a member first saw a release."""

from typing import TypeAlias

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.constraints import one_of


class FirstViewKind(models.TextChoices):
    PAGE = "page", _("Page")
    VIEWED = "viewed", _("Document view")
    DOCUMENT = "document", _("Download")
    API = "api", _("API")


class FirstView(models.Model):
    """The first time that the member saw one release in one way. It stays when the release is taken back."""

    Kind: TypeAlias = FirstViewKind

    case = models.ForeignKey(
        Case, verbose_name=_("case"), on_delete=models.PROTECT, related_name="first_views", db_index=False
    )
    release_number = models.PositiveIntegerField(_("release number"))
    kind = models.CharField(_("kind"), max_length=10, choices=FirstViewKind)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("first view")
        verbose_name_plural = _("first views")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="first_view_once_per_release", fields=["case", "release_number", "kind"]),
            one_of(FirstViewKind, field="kind", name="first_view_kind_known"),
        ]
        indexes = [models.Index(name="first_view_at", fields=["at"])]

    def __str__(self) -> str:
        return f"{self.kind} of case {self.case_id}"
