"""Document storage status: free space, and documents that have lost their file."""

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.documents import storage
from cases.models import StorageReport
from cases.monitoring.problems import DOCUMENTS, Problem

MIN_FREE_BYTES = 2**30


@dataclass(frozen=True)
class DocumentStatus:
    """The free bytes of the documents' disk, if they are on one, and the last comparison of files and rows."""

    free: int | None
    report: StorageReport | None

    @property
    def is_low(self) -> bool:
        """Whether the disk is nearly full."""
        return self.free is not None and self.free < MIN_FREE_BYTES

    @property
    def problems(self) -> list[Problem]:
        """What needs attention."""
        found = []
        if self.is_low and self.free is not None:
            text = _("The disk for documents has only %(free)s left.") % {"free": filesizeformat(self.free)}
            found.append(Problem(text, DOCUMENTS))
        if self.report and (missing := self.report.missing):
            text = ngettext("%(n)s document is missing its file.", "%(n)s documents are missing their files.", missing)
            found.append(Problem(text % {"n": missing}, DOCUMENTS))
        return found


def document_status() -> DocumentStatus:
    """Return the status now. Takes one statement and one call to the disk."""
    return DocumentStatus(storage.free_bytes(), StorageReport.objects.first())
