"""The result of the last comparison of stored files with the documents that name them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.text_limits import facts_limit


class StorageReport(models.Model):
    """The last comparison. There is at most one row."""

    ONLY = 1

    at = models.DateTimeField(_("time"))
    files = models.PositiveIntegerField(_("files"), default=0, help_text=_("Files in the storage."))
    orphans = models.PositiveIntegerField(
        _("orphans"), default=0, help_text=_("Files without a document that are too new to be deleted.")
    )
    deleted = models.PositiveIntegerField(
        _("deleted"), default=0, help_text=_("Files without a document that were deleted.")
    )
    missing = models.PositiveIntegerField(_("missing"), default=0, help_text=_("Documents whose file is missing."))
    missing_ids = models.JSONField(_("missing IDs"), default=list, help_text=_("The first missing documents."))

    class Meta:
        verbose_name = _("storage report")
        verbose_name_plural = _("storage reports")
        constraints = [
            models.CheckConstraint(name="storage_report_is_one", condition=Q(pk=1)),
            facts_limit("storage_report_facts_limit", "missing_ids"),
        ]

    def __str__(self) -> str:
        return f"{self.files} files at {self.at:%Y-%m-%d %H:%M}"
