"""What was found when the stored files were last compared with the documents that name them."""

from django.db import models
from django.db.models import Q

from cases.models.text_limits import facts_limit


class StorageReport(models.Model):
    """The last comparison. There is one row at most."""

    ONLY = 1

    at = models.DateTimeField()
    files = models.PositiveIntegerField(default=0, help_text="Files in the storage")
    orphans = models.PositiveIntegerField(default=0, help_text="Files without a document, too young to be deleted")
    deleted = models.PositiveIntegerField(default=0, help_text="Files without a document that were deleted")
    missing = models.PositiveIntegerField(default=0, help_text="Documents whose file is gone")
    missing_ids = models.JSONField(default=list, help_text="The first of these")

    class Meta:
        constraints = [
            models.CheckConstraint(name="storage_report_is_one", condition=Q(pk=1)),
            facts_limit("storage_report_facts_limit", "missing_ids"),
        ]

    def __str__(self) -> str:
        return f"{self.files} files at {self.at:%Y-%m-%d %H:%M}"
