"""What people do with the documents of a case: attach and remove them.

Verbs as in cases.releases. Members change the submissions of their drafts. The people who work on an accepted case
change its reports (cases.lifecycle.permissions). A completed case keeps what it has: what is released is what was
completed. The history, which members never see, names the files that were attached or removed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from cases.core.errors import BadDocument, NotAllowed
from cases.documents import file_types, storage
from cases.lifecycle import form_tokens, permissions, quotas
from cases.lifecycle.history import EventRecorder, log_committed
from cases.lifecycle.locking import lock_for_action
from cases.lifecycle.permissions import Action
from cases.lifecycle.stored_files import discard, discard_after_commit
from cases.models import Case, CaseDocument, CaseEvent, User

Kind = CaseDocument.Kind
# Per kind in one case, because its page shows all of them. The kinds are counted separately, because staff could not
# make room for a report if a member had sent too many files.
MAX_DOCUMENTS_OF_A_KIND = 50


def kind_of(user: User) -> CaseDocument.Kind:
    """Return the kind of the documents that `user` attaches."""
    return Kind.SUBMISSION if user.is_member else Kind.REPORT


def attach(*, case: Case, by: User, file: File[Any], source: str, form_token: str = "") -> CaseDocument:
    """Attach `file` to the case: as a submission for a member, as a report for the others.

    BadDocument for a file that cannot be a document, QuotaReached for one too many, StorageFailed if it could not be
    stored. After any error, nothing of it is kept. The file is stored before the transaction, so that the transaction
    is short with any storage. A form makes one document (cases.lifecycle.form_tokens).
    """
    # Before anything is written. It is checked again with the row locked.
    permissions.check(Action.ATTACH, by=by, case=Case.objects.visible_to(by).get(pk=case.pk))
    quotas.check_uploads(by)
    with stored([file], by=by) as (document,):
        recorder = lock_for_action(case, Action.ATTACH, by=by, source=source).recorder
        content = ["document", str(case.pk), document.name, str(document.size)]
        used = form_tokens.use(form_token, by=by, content=content)
        record_attached(document, recorder, by=by)
        form_tokens.remember(used, document.pk)
    return document


@contextmanager
def stored(files: Sequence[File[Any]], *, by: User) -> Iterator[list[CaseDocument]]:
    """Check and store `files`, then begin a transaction and yield their documents, which have no row and no case yet.

    BadDocument and StorageFailed as in `attach`. After an error in the block, or before it, nothing of them is kept. If
    the commit itself fails, it is unknown whether the rows exist, so the files stay. They also stay when an outer
    transaction is rolled back. `cases.documents.storage.reconcile` finds files without a row.
    """
    examined = [(file, file_types.examine(file)) for file in files]
    documents: list[CaseDocument] = []
    in_doubt = False
    try:
        for file, facts in examined:
            document = CaseDocument(kind=kind_of(by), uploaded_by=by, **vars(facts))
            document.file = storage.store(document, file)
            documents.append(document)
        with transaction.atomic():
            yield documents
            in_doubt = True
    except BaseException:
        if not in_doubt:
            for document in documents:
                discard(str(document.file.name))
        raise


def record_attached(document: CaseDocument, recorder: EventRecorder, *, by: User) -> None:
    """Store the row of a document in `stored`, and the step of its case, which is locked.

    QuotaReached or BadDocument if it is one too many.
    """
    document.case = recorder.case
    quotas.check_uploads(by)
    _check_room(document)
    document.uploaded_at = recorder.at
    document.save()
    recorder.record(CaseEvent.Kind.DOCUMENT_ATTACHED, details={"document": document.pk, "name": document.name})


def _check_room(document: CaseDocument) -> None:
    most = MAX_DOCUMENTS_OF_A_KIND
    if CaseDocument.objects.filter(case=document.case, kind=document.kind).count() < most:
        return
    if document.kind == Kind.REPORT:
        raise BadDocument(_("A case can have up to %(most)s reports.") % {"most": most})
    raise BadDocument(_("You can attach up to %(most)s documents to a case.") % {"most": most})


def check_removal(document: CaseDocument, *, by: User) -> None:
    """Check that `by` may remove the document now, before they are asked to confirm. CaseError otherwise."""
    permissions.check(Action.ATTACH, by=by, case=document.case)
    _check_kind(document, by=by)


@transaction.atomic
def remove(*, document: CaseDocument, by: User, source: str) -> None:
    """Remove the document.

    NotAllowed if `by` could not have attached it. CaseDocument.DoesNotExist if it is already gone, or `by` may not know
    about it.
    """
    locked = lock_for_action(document.case, Action.ATTACH, by=by, source=source)
    by, recorder = locked.by, locked.recorder
    document = CaseDocument.objects.visible_to(by).get(pk=document.pk)
    _check_kind(document, by=by)
    pk, path = document.pk, str(document.file.name)
    document.delete()
    recorder.record(CaseEvent.Kind.DOCUMENT_REMOVED, details={"document": pk, "name": document.name})
    discard_after_commit([path])
    log_committed("document removed", case_id=recorder.case.pk, document_id=pk, by_id=by.pk)


def _check_kind(document: CaseDocument, *, by: User) -> None:
    if document.kind != kind_of(by):
        raise NotAllowed(_("You can't remove this document."))
