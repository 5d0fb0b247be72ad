"""Whether documents can be stored, and whether their files are all there."""

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.documents import storage
from cases.models import StorageReport

LOW = 2**30


@dataclass(frozen=True)
class DocumentStatus:
    """The disk that keeps the documents, where it is one, and the last comparison of files and rows."""

    free: int | None
    report: StorageReport | None

    @property
    def is_low(self) -> bool:
        """Whether the disk is nearly full."""
        return self.free is not None and self.free < LOW

    @property
    def problems(self) -> list[str]:
        """What somebody should look at, as sentences."""
        found = []
        if self.is_low and self.free is not None:
            found.append(_("The disk for documents has only %(free)s left.") % {"free": filesizeformat(self.free)})
        if self.report and (missing := self.report.missing):
            text = ngettext("%(n)s document has lost its file.", "%(n)s documents have lost their files.", missing)
            found.append(text % {"n": missing})
        return found


def document_status() -> DocumentStatus:
    """How it is now: one statement, and one question to the disk."""
    return DocumentStatus(storage.free_bytes(), StorageReport.objects.first())
