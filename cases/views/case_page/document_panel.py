"""The documents on the page of a case."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from cases.documents import file_types
from cases.documents.attach_and_remove import kind_of
from cases.lifecycle.permissions import Action
from cases.models import Case, CaseDocument, User

Kind = CaseDocument.Kind


@dataclass(frozen=True)
class DocumentGroup:
    """Documents of one kind, under a heading; whether the person may take them away."""

    heading: str
    documents: list[CaseDocument]
    removable: bool


def document_panel(case: Case, user: User, can: set[Action]) -> dict[str, Any]:
    """Return what the page says of the documents of `case`, which `user` sees. One query."""
    documents = list(CaseDocument.objects.of(case, seen_by=user))
    # What a member has waited for is below the answer, and not among the rest too.
    reports = [document for document in documents if document.kind == Kind.REPORT] if user.is_member else []
    others = [document for document in documents if document not in reports]
    return {
        "documents": documents,
        "reports": reports,
        "document_groups": list(_groups(others, user, can)),
    } | upload_limits()


def upload_limits() -> dict[str, Any]:
    """Return what the page says of the files that may be attached."""
    return {
        "document_types": file_types.in_words(),
        "document_accept": ",".join(file_types.TYPES),
        "document_most_mb": settings.DOCUMENT_MAX_MB,
        "document_most_bytes": file_types.most_bytes(),
    }


def _groups(documents: list[CaseDocument], user: User, can: set[Action]) -> Iterable[DocumentGroup]:
    headings = {
        Kind.SUBMISSION: _("Your documents") if user.is_member else _("From the member"),
        Kind.REPORT: _("Report"),
    }
    for kind, heading in headings.items():
        if found := [document for document in documents if document.kind == kind]:
            yield DocumentGroup(heading, found, Action.ATTACH in can and kind == kind_of(user))
